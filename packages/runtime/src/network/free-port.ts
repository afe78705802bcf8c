import { once } from "node:events";
import { createServer } from "node:net";
import { invariant } from "@leix/protocol";

/** A port on which nothing listens now. It may be taken a moment later. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  invariant(port !== undefined, "one port was asked for");
  return port;
}

/** So many different ones. */
export async function findFreePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(probes.map((probe) => once(probe, "listening")));
  const ports = probes.map((probe) => {
    const address = probe.address();
    invariant(typeof address === "object" && address !== null, "a listening socket has a port");
    return address.port;
  });
  await Promise.all(probes.map((probe) => once(probe.close(), "close")));
  return ports;
}
