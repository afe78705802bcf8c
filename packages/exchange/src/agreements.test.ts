import { CountryCode, type ErrorCode, toDigest } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { signGenesis, toAuthority, toPolicySet, toTerms } from "./genesis.testkit.ts";
import { createTestLedger, decideOn, startTestLedger, toWord } from "./ledger.testkit.ts";
import { createLayer } from "./state.ts";
import { createWorld, type Sent } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

async function decide(...sent: readonly Promise<Sent>[]): Promise<string[]> {
  const inputs = (await Promise.all(sent)).map(({ input }) => input);
  return (await decideOn(world, createLayer(ledger.state), inputs)).map(toWord);
}

type Case = [string, Parameters<typeof world.statement>, ErrorCode | "statement"];

function check(cases: readonly Case[]): void {
  test.each(cases)("%s", async (_name, args, word) => {
    expect(await decide(world.statement(...args))).toEqual([word]);
  });
}

const v2 = { version: 2 };

describe("policy files and sets", () => {
  const [file] = world.policyFiles;
  const content = "permit (principal, action, resource);";
  const subject = toDigest(content);
  const files = toPolicySet(world).files ?? [];
  check([
    ["a file", ["RS", { kind: "policy-file", subject, name: "new.cedar", content }], "statement"],
    [
      "a file under another digest",
      ["RS", { kind: "policy-file", subject, name: "new.cedar", content: `${content} ` }],
      "statement/policy-set",
    ],
    [
      "a set with a file that is not recorded",
      ["AL", toPolicySet(world, { ...v2, files: [...files, { name: "new.cedar", digest: subject }] })],
      "statement/policy-set",
    ],
    [
      "a set with a file under another name",
      ["AL", toPolicySet(world, { ...v2, files: files.map((one) => ({ ...one, name: `x${one.name}` })) })],
      "statement/policy-set",
    ],
    [
      "a set of an unknown decider",
      ["AL", toPolicySet(world, { ...v2, deciders: ["1", "99"] })],
      "statement/policy-set",
    ],
    [
      "a set that does not validate",
      ["AL", toPolicySet(world, { ...v2, files: files.slice(1) })],
      "statement/policy-set",
    ],
    ["a set", ["AL", toPolicySet(world, v2)], "statement"],
  ]);

  test("nobody can spoil a file by recording its content under another name first", async () => {
    const fresh = createTestLedger(createWorld());
    const genesis = await signGenesis(fresh.world);
    const members = genesis.filter(
      ({ jws }) => !String((jws.payload as { kind: string }).kind).startsWith("policy-"),
    );
    await fresh.append(...members);
    await fresh.append(
      await fresh.world.statement("RS", {
        kind: "policy-file",
        subject: toDigest(file?.content ?? ""),
        name: "spoiled.cedar",
        content: file?.content ?? "",
      }),
    );
    const decided = await fresh.append(...genesis.slice(members.length));
    expect(new Set(decided.map(toWord))).toEqual(new Set(["statement"]));
    expect(fresh.state.policySet?.version).toBe(1);
  });
});

describe("what takes two signatures", () => {
  const agreed = toTerms().terms as NonNullable<ReturnType<typeof toTerms>["terms"]>;
  const changed = { ...agreed, ceiling: "secret" } as const;

  test("terms are in force once both have signed the same", async () => {
    const other = await startTestLedger(createWorld());
    const sign = (by: "AL" | "RS", version: number, terms: typeof agreed = changed) =>
      other.world.statement(by, toTerms({ version, terms }));
    await other.append(await sign("AL", 2));
    expect(other.state.terms.get("AL+RS")?.version).toBe(1);
    await other.append(await sign("RS", 2, { ...agreed, ceiling: "unclassified" }));
    expect(other.state.terms.get("AL+RS")?.version).toBe(1);
    await other.append(await sign("RS", 3));
    expect(other.state.terms.get("AL+RS")?.version).toBe(1);
    await other.append(await sign("AL", 3));
    expect(other.state.terms.get("AL+RS")).toEqual({ version: 3, content: changed });
  });

  test("terms are ended by one, and begin again by both", async () => {
    const other = await startTestLedger(createWorld());
    const sign = (by: "AL" | "RS", version: number, terms: typeof agreed) =>
      other.world.statement(by, toTerms({ version, terms }));
    await other.append(await sign("AL", 2, { ...agreed, ended: true }));
    expect(other.state.terms.get("AL+RS")).toMatchObject({ version: 2, content: { ended: true } });
    await other.append(await sign("AL", 3, agreed));
    expect(other.state.terms.get("AL+RS")?.version).toBe(2);
    await other.append(await sign("RS", 3, agreed));
    expect(other.state.terms.get("AL+RS")).toEqual({ version: 3, content: agreed });
  });

  test("a suspended authority's signature does not count", async () => {
    const other = await startTestLedger(createWorld());
    await other.append(
      await other.world.statement("AL", toTerms({ version: 2 })),
      await other.world.statement("AL", toPolicySet(other.world, v2)),
      await other.world.statement("anchor", toAuthority("AL", { ...v2, status: "suspended" })),
      await other.world.statement("RS", toTerms({ version: 2 })),
      await other.world.statement("RS", toPolicySet(other.world, v2)),
    );
    expect(other.records.length).toBe(ledger.records.length + 5);
    expect(other.state.terms.get("AL+RS")?.version).toBe(1);
    expect(other.state.policySet?.version).toBe(1);
  });

  test("a policy set is in force at its threshold, and not before", async () => {
    const other = await startTestLedger(createWorld());
    const mk = CountryCode.parse("MK");
    await other.append(await other.world.statement("anchor", toAuthority("MK", { subject: mk })));
    await other.append(await other.world.statement("MK", toPolicySet(other.world, v2)));
    expect(other.state.policySet?.version).toBe(1);
    await other.append(await other.world.statement("RS", toPolicySet(other.world, v2)));
    expect(other.state.policySet?.version).toBe(2);
  });
});
