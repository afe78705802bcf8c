import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { invariant } from "@leix/protocol";

/** A way to the broker on which nothing that clients say arrives any more, once it is told so. */
export interface DeafProxy extends AsyncDisposable {
  readonly natsUrl: string;
  /** From now on what clients send is lost; what the broker sends still arrives. */
  turnDeaf(): void;
}

/** Stands before a broker on this machine. */
export async function startDeafProxy(brokerUrl: string): Promise<DeafProxy> {
  const broker = new URL(brokerUrl.replace("tls://", "https://"));
  const sockets = new Set<Socket>();
  let isDeaf = false;
  const server = createServer((client) => {
    const upstream = connect(Number(broker.port), broker.hostname);
    client.on("data", (bytes) => !isDeaf && upstream.write(bytes));
    upstream.on("data", (bytes) => client.write(bytes));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  invariant(typeof address === "object" && address !== null, "a listening socket has a port");
  return {
    natsUrl: `tls://127.0.0.1:${address.port}`,
    turnDeaf() {
      isDeaf = true;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
