import { ERRORS } from "@leix/protocol";
import { findFreePort, serveHealth } from "@leix/runtime";
import { expect, test } from "vitest";
import { toLines } from "./doctor-report.ts";
import { checkServices } from "./doctor-services.ts";

test("what the catalogue says of a code in a problem is told, but not to run the doctor", async () => {
  const stopping = new AbortController();
  const port = await findFreePort();
  const rolledBack = "stopped at record 90: ledger/rolled-back: 83 records, 90 seen";
  const silent = "the broker is in the way: broker/no-answer";
  await serveHealth(
    { LEIX_HTTP_PORT: port, LEIX_HTTP_LISTEN: "127.0.0.1" },
    { problems: () => [rolledBack, silent] },
    stopping.signal,
  );
  const services = [{ name: "policy", health: `http://127.0.0.1:${port}/healthz` }];
  const report = await checkServices({ v: 1, services });
  expect(toLines(report)).toEqual([
    `problem  services     policy: ${rolledBack}. ${ERRORS["ledger/rolled-back"].todo}`,
    `problem  services     policy: ${silent}. Read log/policy.log in the network folder.`,
  ]);
  stopping.abort();
});

test("what a service notes of others is told with what to do about it", async () => {
  const stopping = new AbortController();
  const port = await findFreePort();
  const health = { problems: () => ["it waits"], notes: () => ["record 7 proposes to suspend AL-CUSTOMS"] };
  await serveHealth({ LEIX_HTTP_PORT: port, LEIX_HTTP_LISTEN: "127.0.0.1" }, health, stopping.signal);
  const services = [{ name: "policy", pid: 1, health: `http://127.0.0.1:${port}/healthz` }];
  const report = await checkServices({ services } as unknown as Parameters<typeof checkServices>[0]);
  expect("problems" in report && report.problems).toEqual([
    { detail: "policy: it waits", todo: expect.stringContaining("log/policy.log") },
    {
      detail: "policy: record 7 proposes to suspend AL-CUSTOMS",
      todo: expect.stringContaining("country authority"),
    },
  ]);
  stopping.abort();
});
