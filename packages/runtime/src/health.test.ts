import { expect, test } from "vitest";
import { z } from "zod";
import { parseConfig } from "./config.ts";
import { healthSettings, serveHealth } from "./health.ts";
import { findFreePort } from "./network/free-port.ts";

test("problems make it fail, notes do not", async () => {
  const stopping = new AbortController();
  const port = await findFreePort();
  let problems: string[] = [];
  const health = { problems: () => problems, notes: () => ["somebody floods the exchange"] };
  await serveHealth({ LEIX_HTTP_PORT: port, LEIX_HTTP_LISTEN: "127.0.0.1" }, health, stopping.signal);
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

test("other machines see it only where they are let", async () => {
  const elsewhere = "127.0.0.2";
  for (const [listen, isSeen] of [
    [undefined, false],
    ["0.0.0.0", true],
  ] as const) {
    const stopping = new AbortController();
    const port = await findFreePort();
    const settings = { LEIX_HTTP_PORT: String(port), ...(listen ? { LEIX_HTTP_LISTEN: listen } : {}) };
    const place = parseConfig(z.object(healthSettings), settings);
    await serveHealth(place, { problems: () => [] }, stopping.signal);
    const ask = (host: string) => fetch(`http://${host}:${port}/healthz`).then(({ status }) => status);
    expect(await ask("127.0.0.1")).toBe(200);
    expect(await ask(elsewhere).catch(() => undefined)).toBe(isSeen ? 200 : undefined);
    stopping.abort();
  }
});
