import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadPolicyFiles,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";

/**
 * A whole network on this machine: a broker, the policy service and the registry, in processes of their own.
 */
export interface TestNetwork extends AsyncDisposable {
  readonly dir: string;
  readonly running: RunningNetwork;
  folderOf(agency: string): string;
}

export async function startTestNetwork(): Promise<TestNetwork> {
  const root = await mkdtemp(join(tmpdir(), "leix-node-"));
  const dir = join(root, "network");
  const remove = () => rm(root, { recursive: true, force: true });
  try {
    const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
    await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
    const say = (line: string) => void process.stderr.write(`leix: ${line}\n`);
    const running = await startNetwork(dir, { env: process.env, say, services: ["policy", "registry"] });
    const stop = async () => {
      await running.stop();
      await remove();
    };
    return { dir, running, folderOf: (agency) => join(dir, "agencies", agency), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
