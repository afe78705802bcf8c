import { afterEach, beforeEach, expect, test } from "vitest";
import { type Health, serveHealth } from "../health.ts";
import { findFreePort } from "./free-port.ts";
import { untilWell, type WatchedService } from "./until-well.ts";

let stopping: AbortController;
let said: string[];
beforeEach(() => {
  stopping = new AbortController();
  said = [];
});
afterEach(() => stopping.abort());

async function serve(name: string, served: Health): Promise<WatchedService> {
  const port = await findFreePort();
  await serveHealth({ LEIX_HTTP_PORT: port, LEIX_HTTP_LISTEN: "127.0.0.1" }, served, stopping.signal);
  const health = `http://127.0.0.1:${port}/healthz`;
  return { name, health, isFollower: name === "auditor", restarts: 0 };
}

function wait(services: readonly WatchedService[], wrongMsMax = 1): Promise<void> {
  const say = (line: string): void => void said.push(line);
  return untilWell(services, { say, signal: stopping.signal, wrongMsMax, silentMsMax: 1 });
}

test("one that is starting is waited for, whatever it says meanwhile", async () => {
  let asked = 0;
  const isStarting = () => ++asked < 4;
  const problems = () => (asked < 4 ? ["the ledger is still being folded"] : []);
  await wait([await serve("policy", { problems, isStarting })]);
  expect(asked).toBeGreaterThanOrEqual(4);
  expect(said).toEqual([]);
});

test("what only warns is said, and stops nothing; nor does an auditor", async () => {
  const ending = "the client certificate of policy ends on 2030-03-31, in 3 days; renew it with: …";
  const warning = { problems: () => [ending], warnings: () => [ending] };
  const audit = "audit stopped at record 7: record/decided-otherwise";
  await wait([await serve("policy", warning), await serve("auditor", { problems: () => [audit] })]);
  expect(said).toEqual([
    `policy: ${ending}`,
    expect.stringMatching(/^auditor: audit stopped at record 7: record\/decided-otherwise\. The policy/),
  ]);
});

test("one that stays unwell is named, with what its code says is to be done", async () => {
  const problems = () => ["stopped at record 90: ledger/rolled-back: 83 records, 90 seen"];
  const services = [await serve("registry", { problems: () => [] }), await serve("policy", { problems })];
  await expect(wait(services)).rejects.toMatchObject({
    code: "network/services-failing",
    detail: "policy",
  });
  expect(said).toEqual([expect.stringMatching(/^policy: stopped .*90 seen\. .*`leix ledger restore`/)]);
});

test("one that ends again and again is named, though it is starting each time", async () => {
  const folding = { problems: () => ["the ledger is still being folded"], isStarting: () => true };
  let restarts = 3;
  const dying = {
    ...(await serve("policy", folding)),
    get restarts() {
      return restarts++;
    },
  };
  await expect(wait([dying], 60_000)).rejects.toMatchObject({ code: "network/services-failing" });
  expect(restarts).toBeGreaterThan(3 + 5);
  expect(said[0]).toBe("policy ends again and again; see log/policy.log in the network folder");
});

test("what is wrong for a moment is no failure", async () => {
  let asked = 0;
  const problems = () => (++asked < 3 ? ["the broker is in the way: broker/no-answer"] : []);
  await wait([await serve("policy", { problems })], 60_000);
  expect(said).toEqual([]);
});

test("one that never answers is named; who gives up is not kept", async () => {
  const nobody = { name: "policy", health: `http://127.0.0.1:${await findFreePort()}/healthz` };
  const silent = { ...nobody, isFollower: false, restarts: 0 };
  await expect(wait([silent])).rejects.toMatchObject({ code: "network/services-failing" });
  expect(said).toEqual([expect.stringMatching(/^policy does not answer; see log\/policy\.log/)]);
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const isStarting = (): boolean => {
    resolve();
    return true;
  };
  const folding = { problems: () => ["the ledger is still being folded"], isStarting };
  const waiting = wait([await serve("policy", folding)]);
  await asked;
  stopping.abort(new Error("given up"));
  await expect(waiting).rejects.toThrow();
});
