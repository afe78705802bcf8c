import { LeixError } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { toRequestError } from "../broker-error.ts";

const Pong = z.object({ server: z.object({ id: z.string().regex(/^N[A-Z2-7]{55}$/), name: z.string() }) });
const Reloaded = z.object({ error: z.object({ description: z.string() }).optional() });

/** A server of a cluster answers within this; there is no list of them. */
const PONG_MS_MAX = 2_000;
const RELOAD_MS_MAX = 10_000;

/**
 * Has every server read its configuration and certificates again, as SIGHUP would: clients stay connected.
 * Needs the role `reloader`. Returns the servers' names. Throws `broker/refused` with a server's word where
 * it keeps what it has, `broker/no-answer`.
 */
export async function reloadServers(nc: NatsConnection): Promise<string[]> {
  const servers = new Map<string, string>();
  try {
    const pongs = await nc.requestMany("$SYS.REQ.SERVER.PING", "", {
      strategy: "timer",
      maxWait: PONG_MS_MAX,
    });
    for await (const pong of pongs) {
      const parsed = Pong.safeParse(pong.json());
      if (parsed.success) servers.set(parsed.data.server.id, parsed.data.server.name);
    }
  } catch (cause) {
    throw toRequestError("$SYS.REQ.SERVER.PING", cause);
  }
  if (servers.size === 0) throw new LeixError("broker/no-answer", "no nats-server has answered");
  for (const [id, name] of servers) await reload(nc, id, name);
  return [...servers.values()];
}

async function reload(nc: NatsConnection, id: string, name: string): Promise<void> {
  const subject = `$SYS.REQ.SERVER.${id}.RELOAD`;
  const answer = await nc.request(subject, "", { timeout: RELOAD_MS_MAX }).catch((cause: unknown) => {
    throw toRequestError(subject, cause);
  });
  const { error } = Reloaded.parse(answer.json());
  if (error) throw new LeixError("broker/refused", `${name} keeps what it has: ${error.description}`);
}
