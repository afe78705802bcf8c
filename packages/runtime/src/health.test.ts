import { expect, test } from "vitest";
import { serveHealth } from "./health.ts";
import { findFreePort } from "./network/free-port.ts";

test("problems make it fail, notes do not", async () => {
  const stopping = new AbortController();
  const port = await findFreePort();
  let problems: string[] = [];
  const health = { problems: () => problems, notes: () => ["somebody floods the exchange"] };
  await serveHealth(port, health, stopping.signal);
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    return [answer.status, await answer.json()];
  };
  const notes = health.notes();
  expect(await ask()).toEqual([200, { status: "ok", problems: [], notes }]);
  problems = ["the broker is in the way"];
  expect(await ask()).toEqual([503, { status: "failing", problems, notes }]);
  stopping.abort();
});
