import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AgencyId, type KeyId } from "@leix/protocol";
import { runLeix, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLedger } from "../../doctor-ledger.ts";

const VICTIM = AgencyId.parse("AL-CUSTOMS");
const SINCE = "2026-01-01T00:00:00Z";

let exchange: TestExchange;
let kids: readonly KeyId[];
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["AL-SPOC"] });
  const { state } = await exchange.as("auditor", (nc) => checkLedger(nc, exchange.trust));
  // Whoever signs without a connection does so by the membership that was kept.
  await runLeix(exchange, ["authority", "show", "--as", "AL"]);
  kids = state.parties.get(VICTIM)?.statement.keys.map(({ kid }) => kid) ?? [];
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const say = async (kid: string | undefined, ...words: string[]) => {
  const args = ["authority", "compromised", kid ?? "", "--since", SINCE, "--party", VICTIM];
  const { exitCode, json, stdout } = await runLeix(exchange, [
    ...args,
    "--statement-only",
    "--json",
    ...words,
  ]);
  return { exitCode, stdout, ...(json as { statements?: unknown[] } | undefined) };
};
const toStatement = (version: number, result: string) => [{ kind: "compromise", version, result }];

test("what was signed without a connection is carried, or published, when it is said again", async () => {
  const [kid] = kids;
  expect(await say(kid, "--offline")).toMatchObject({ exitCode: 0, statements: toStatement(1, "signed") });
  const file = join(exchange.dir, "leak.jsonl");
  expect(await say(kid, "--out", file)).toMatchObject({ statements: toStatement(1, "signed") });
  expect((await readFile(file, "utf8")).split("\n")).toHaveLength(2);
  expect(await say(kid)).toMatchObject({ exitCode: 0, statements: toStatement(1, "recorded") });
  expect(await say(kid)).toMatchObject({ exitCode: 0, stdout: "" });
});

test("of one key that was said before another's it is said once, too", async () => {
  const [first, second] = kids;
  expect(second).toBeDefined();
  expect(await say(second)).toMatchObject({ exitCode: 0, statements: toStatement(2, "recorded") });
  expect(await say(first)).toMatchObject({ exitCode: 0, stdout: "" });
});

test("a report that cannot be written keeps no key from being withdrawn", async () => {
  const third = kids[2];
  const file = join(exchange.dir, "leak.jsonl");
  const words = ["authority", "compromised", third ?? "", "--since", SINCE, "--report", file];
  const refused = await runLeix(exchange, words);
  expect(refused).toMatchObject({ exitCode: 1, code: "config/invalid" });
  expect(refused.stdout).toContain(`leix agency rotate --as ${VICTIM} --user`);
  expect(await say(third)).toMatchObject({ exitCode: 0, stdout: "" });
});
