import { join } from "node:path";
import { runLeix, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["AL-SPOC"] });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const leix = (...words: string[]) => runLeix(exchange, ["authority", ...words]);

test("takes back what waits, and does not say so of what is recorded", async () => {
  const file = join(exchange.dir, "carried.jsonl");
  const drop = ["publish", file, "--as", "AL", "--drop"] as const;
  const toStatement = (result: string) => ({ statements: [{ kind: "clearance", version: 2, result }] });
  await leix("show", "--as", "AL");
  await leix("clear", "AL-CUSTOMS", "confidential", "--out", file);
  expect((await leix(...drop, "--json")).json).toMatchObject({ party: "AL", ...toStatement("dropped") });
  expect((await leix("publish", file, "--as", "AL", "--json")).json).toMatchObject(toStatement("recorded"));
  expect((await leix(...drop, "--json")).json).toMatchObject(toStatement("not-waiting"));
  expect((await leix(...drop)).stdout).toMatch(/^clearance AL-CUSTOMS, version 2: does not wait here/);
  expect((await leix("publish", "--as", "AL", "--drop", "--json")).json).toEqual({
    party: "AL",
    statements: [],
  });
});
