import { invariant, type KeyId, type Notice } from "@leix/protocol";
import { auditBatch } from "./audit-batch.ts";
import type { Decided } from "./batch.ts";
import type { AgencyName } from "./genesis.testkit.ts";
import type { Scene } from "./scene.testkit.ts";
import { createState } from "./state.ts";
import { NOW, type Sent, toSigningKey, type World } from "./world.testkit.ts";

export interface Leak {
  readonly agency: AgencyName;
  /** The agency's key to sign, where no other is said. */
  readonly kid?: KeyId;
  readonly since: number;
  readonly version?: number;
  readonly at?: number;
}

/** Its country's authority says that a key of the agency is in wrong hands. */
export function signCompromise(world: World, { agency, kid, since, version = 1, at = NOW }: Leak) {
  const content = { kind: "compromise", subject: agency, version, since } as const;
  const country = agency.startsWith("AL") ? "AL" : "RS";
  const named = { ...content, kid: kid ?? toSigningKey(agency).kid };
  return world.statement(country, named as Parameters<World["statement"]>[1], { at });
}

/** The same, recorded. */
export async function compromise({ world, ledger }: Scene, leak: Leak): Promise<readonly Decided[]> {
  const { input }: Sent = await signCompromise(world, leak);
  return ledger.appendInputs([input], leak.at ?? NOW);
}

/** What a tick tells; empty where it records nothing. */
export async function tellAt({ tick }: Pick<Scene, "tick">, at: number): Promise<readonly Notice[]> {
  const decided = await tick(at);
  return decided.kind === "record" && decided.entry.kind === "event" ? decided.entry.lapse.notices : [];
}

/** Decided again: which records are not as they should be. */
export async function listDifferences({ world, ledger }: Scene): Promise<(readonly [number, string])[]> {
  const { audited, broken } = await auditBatch(createState(world.trust), ledger.records);
  invariant(audited.length === ledger.records.length && broken === undefined, "all of it is followed");
  return audited.flatMap(({ difference }, i) => (difference ? [[i, difference.code] as const] : []));
}
