import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { NETWORK_FILES } from "@leix/runtime";
import { GenericContainer, getContainerRuntimeClient, Wait } from "testcontainers";
import type { ExchangeBroker } from "./exchange-broker.ts";

/** Where the network's `nats` folder is in the container: the server's working folder. */
const FOLDER = "/leix";
const READY = "Server is ready";

/** Where ports of containers are found: the engine may be on another machine. */
export async function findContainerHost(): Promise<string> {
  const { info } = await getContainerRuntimeClient();
  return info.containerRuntime.host;
}

/**
 * Starts a network's broker in a container, from the image that `LEIX_NATS_IMAGE` names. The port is the same
 * outside and inside: one that the engine chose would be another one after a restart.
 */
export async function startContainerBroker(dir: string, host: string, port: number): Promise<ExchangeBroker> {
  const image = process.env.LEIX_NATS_IMAGE;
  if (!image) throw new Error("LEIX_NATS_IMAGE names no image: run through test/run.ts");
  const started = await new GenericContainer(image)
    .withCopyDirectoriesToContainer([{ source: join(dir, NETWORK_FILES.nats), target: FOLDER }])
    .withWorkingDir(FOLDER)
    .withCommand(["-c", "nats-server.conf"])
    .withExposedPorts({ container: port, host: port })
    .withWaitStrategy(Wait.forLogMessage(READY))
    .start();
  const client = await getContainerRuntimeClient();
  const container = client.container.getById(started.getId());
  const isRunning = async () => (await container.inspect()).State.Running;
  return {
    place: "container",
    natsUrl: `tls://${host}:${port}`,
    async kill() {
      await container.kill({ signal: "SIGKILL" });
      await container.wait();
    },
    async start() {
      await container.start();
    },
    async pause() {
      await container.pause();
    },
    async resume() {
      await container.unpause();
    },
    loadStore: async () => buffer(await started.copyArchiveFromContainer(`${FOLDER}/store`)),
    async loadLog() {
      return (await container.logs({ stdout: true, stderr: true })).toString("utf8");
    },
    async [Symbol.asyncDispose]() {
      if (await isRunning()) await container.unpause().catch(() => undefined);
      await started.stop({ remove: true, removeVolumes: true, timeout: 0 });
    },
  };
}
