import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadPolicyFiles } from "../policy-files.ts";
import { createNetwork } from "./create-network.ts";
import { createPlan } from "./default-plan.ts";
import { parsePlan } from "./plan.ts";
import { startBrokerAlone } from "./start-network.ts";

test("streams of three replicas are for a cluster, which is not started here", async () => {
  const root = await mkdtemp(join(tmpdir(), "leix-start-"));
  try {
    const plan = createPlan({ countries: ["AL", "RS"] });
    const dir = join(root, "network");
    const broker = { ...plan.broker, streams: { ...plan.broker.streams, replicas: 3 } };
    await createNetwork(parsePlan({ ...plan, broker }), dir, { policyFiles: loadPolicyFiles() });
    const signal = new AbortController().signal;
    const starting = startBrokerAlone(dir, { env: {}, say: () => undefined, signal });
    await expect(starting).rejects.toMatchObject({
      code: "config/invalid",
      detail: expect.stringContaining("LEIX_NATS_URL"),
    });
  } finally {
    await rm(root, { recursive: true });
  }
});
