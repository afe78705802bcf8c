import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type AgencyNode, createNode, type OnNodeEvent } from "@leix/client";
import { AgencyId, LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { loadRunConfig } from "../network/config.ts";

const AGENCIES = "agencies";

/** Who acts: an agency whose folder is here. */
export interface NodeFlags {
  readonly as: string;
}

/** Adds what every command about messages takes. */
export function withNodeOptions(command: Command): Command {
  return command
    .requiredOption("--as <agency>", "the agency you act for: agencies/<id> of the network folder")
    .option("--json", "the result as one line of JSON");
}

/** Calls back for each of the node's events, until it is disposed of. */
export type Listen = (listener: OnNodeEvent) => Disposable;

/** Opens the agency's own node for as long as the work takes. Needs no broker by itself. */
export async function withNode<T>(
  command: Command,
  { as }: NodeFlags,
  work: (node: AgencyNode, listen: Listen) => Promise<T>,
): Promise<T> {
  const { dir } = command.optsWithGlobals<{ dir: string }>();
  const folder = await findFolder(dir, as);
  const { natsUrl } = loadRunConfig();
  const listeners = new Set<OnNodeEvent>();
  const onEvent: OnNodeEvent = (event) => {
    for (const listener of listeners) listener(event);
  };
  await using node = await createNode({ folder, onEvent, ...(natsUrl ? { natsUrl } : {}) });
  return await work(node, (listener) => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  });
}

/** An agency's machine has its own folder only, so the network's own file is not asked. */
async function findFolder(dir: string, agency: string): Promise<string> {
  const known = await readdir(join(dir, AGENCIES)).catch((): string[] => []);
  if (AgencyId.safeParse(agency).success && known.includes(agency)) return join(dir, AGENCIES, agency);
  if (known.length === 0) throw new LeixError("config/network-missing", join(dir, AGENCIES));
  throw new LeixError("config/party-unknown", `${agency}; there are ${known.toSorted().join(", ")}`);
}
