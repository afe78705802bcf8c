import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ParsedRecord, toVerdict } from "@leix/protocol";
import { loadPolicyFiles } from "@leix/runtime";
import { checkExactlyOnce, runLeix, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, RECOVERY_MS, startLoad } from "./load.ts";

/** What every third message of the load is. */
const NOTHING_CLASSIFIED = `
@id("P90")
@principle("Test")
@rule("Nothing that is confidential crosses.")
@source("None")
@link("https://example.com")
@confidence("K")
@disclosure("sender")
forbid (principal, action, resource)
when { context.classificationRank > 1 };
`.trimStart();

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ services: ["policy", "policy", "registry"], agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const leix = (...words: string[]) => runLeix(exchange, words);

interface Sets {
  readonly inForce: { readonly version: number; readonly set: string };
  readonly proposals: readonly {
    readonly digest: string;
    readonly signedBy: readonly string[];
    readonly missing: number;
    readonly changes: object;
  }[];
}

async function show(as: string): Promise<Sets> {
  return (await leix("policy", "show", "--as", as, "--json")).json as Sets;
}

async function writeProposed(folder: string): Promise<void> {
  await mkdir(folder);
  const files = [...loadPolicyFiles(), { name: "P90.cedar", content: NOTHING_CLASSIFIED }];
  await Promise.all(
    files
      .filter(({ name }) => name !== "P02.cedar")
      .map(({ name, content }) => writeFile(join(folder, name), content)),
  );
}

const deniedBy = (rule: string, record: ParsedRecord): boolean =>
  record.kind === "message" &&
  toVerdict(record.decision).recipients.some(({ reasons }) => reasons.includes(rule));

test(
  "a set is proposed, signed and put in force while two policy services work: each message by its place",
  async () => {
    const folder = join(exchange.dir, "proposed");
    await writeProposed(folder);
    const load = startLoad(exchange);
    await load.untilRecorded(15);

    const proposed = await leix("policy", "propose", folder, "--as", "AL");
    expect(proposed.stdout).toMatch(/policy-set exchange, version 2: recorded at index [0-9]+\./);
    expect(proposed.stdout).toMatch(/added:\n +P90\.cedar .*\n +removed:\n +P02\.cedar\n/);
    const before = await show("RS");
    const [proposal] = before.proposals;
    expect(proposal).toMatchObject({
      ...{ signedBy: ["AL"], missing: 2 },
      changes: { added: ["P90.cedar"], changed: [], removed: ["P02.cedar"] },
    });
    const digest = proposal?.digest ?? "";

    const tooEarly = await leix("policy", "activate", "--as", "RS", "--digest", digest);
    expect(tooEarly.code).toBe("statement/proposal");
    expect(tooEarly.stderr).toContain("missing before the last one: 1");
    expect((await leix("policy", "sign", "--as", "RS", "--digest", "A".repeat(43))).code).toBe(
      "statement/proposal",
    );
    const signed = await leix("policy", "sign", "--as", "RS", "--digest", digest);
    expect(signed.stdout).toMatch(/recorded at index [0-9]+\.\n1 more needed\.\n$/);
    expect((await leix("policy", "sign", "--as", "ME", "--digest", digest)).code).toBe("statement/proposal");
    const copy = join(exchange.dir, "read");
    await leix("policy", "show", "--as", "ME", "--digest", digest, "--out", copy);
    expect(await readFile(join(copy, "P90.cedar"), "utf8")).toBe(NOTHING_CLASSIFIED);

    await load.untilRecorded(10);
    const activated = await leix("policy", "activate", "--as", "ME", "--digest", digest);
    expect(activated.stdout).toMatch(/In force: version 2\.\n$/);
    await load.untilRecorded(25);
    expect(await load.stop()).toBeGreaterThan(50);

    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    const index = Number(/version 2: recorded at index ([0-9]+)/.exec(activated.stdout)?.[1]);
    const after = await show("ME");
    expect(after).toMatchObject({ inForce: { version: 2 }, proposals: [] });
    const records = await exchange.records();
    const setsOf = (some: readonly ParsedRecord[]) =>
      new Set(
        some.flatMap(({ decision: { content } }) => (content.kind === "message" ? [content.policySet] : [])),
      );
    const [earlier, later] = [records.slice(0, index), records.slice(index + 1)];
    expect([...setsOf(earlier)]).toEqual([before.inForce.set]);
    expect([...setsOf(later)]).toEqual([after.inForce.set]);
    expect(earlier.some((record) => deniedBy("P90", record))).toBe(false);
    expect(later.some((record) => deniedBy("P90", record))).toBe(true);
  },
  3 * RECOVERY_MS,
);
