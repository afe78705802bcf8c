import { once } from "node:events";
import { createServer } from "node:net";
import { invariant } from "@leix/protocol";

/** A port on which nothing listens now. It may be taken a moment later. */
export async function findFreePort(host = "127.0.0.1"): Promise<number> {
  const probe = createServer();
  probe.listen(0, host);
  await once(probe, "listening");
  const address = probe.address();
  invariant(typeof address === "object" && address !== null, "a listening socket has a port");
  probe.close();
  await once(probe, "close");
  return address.port;
}
