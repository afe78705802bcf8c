import { findFreePort, serveHealth } from "@leix/runtime";
import { expect, test } from "vitest";
import { checkServices } from "./doctor-services.ts";

test("what a service notes of others is told with what to do about it", async () => {
  const stopping = new AbortController();
  const port = await findFreePort();
  const health = { problems: () => ["it waits"], notes: () => ["record 7 proposes to suspend AL-CUSTOMS"] };
  await serveHealth(port, health, stopping.signal);
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
