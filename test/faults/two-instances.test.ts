import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkExactlyOnce, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, RECOVERY_MS, startLoad } from "./load.ts";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ services: ["policy", "policy", "registry"], agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** Why a policy service ended by itself, as its log has it. */
async function listFailures({ dir }: TestExchange): Promise<string[]> {
  const logs = ["policy", "policy-2"].map((name) => readFile(join(dir, "log", `${name}.log`), "utf8"));
  const lines = (await Promise.all(logs)).flatMap((log) => log.split("\n"));
  return lines.filter((line) => line.includes("service.failed"));
}

test(
  "of two policy services one is stopped in its work and woken, the other killed: all is done once",
  async () => {
    const { running } = exchange;
    const [one, other] = [running.service("policy"), running.service("policy-2")];
    const load = startLoad(exchange);
    await load.untilRecorded(10);
    one.pause();
    await load.untilRecorded(30);
    one.resume();
    await load.untilRecorded(10);
    await other.kill();
    await load.untilRecorded(10);
    await load.stop();
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    expect(await listFailures(exchange)).toEqual([]);
    expect([one.restarts, other.restarts]).toEqual([0, 1]);
  },
  3 * RECOVERY_MS,
);
