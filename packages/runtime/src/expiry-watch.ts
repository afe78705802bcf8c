import { setTimeout as pause } from "node:timers/promises";
import { describeEnd, type Expiring, listExpiring, loadAccessTexts } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import type { Health } from "./health.ts";
import type { PartyFolder } from "./party-folder.ts";

/** Soon enough to renew in time, late enough not to cry wolf. */
export const WARN_DAYS = 30;
const DAY_MS = 86_400_000;
const LOOK_MS = 3_600_000;

/** What has ended or ends within WARN_DAYS, each as a sentence with its owner and the command. */
export function listEndingSoon(things: readonly Expiring[], now: number): string[] {
  return things.filter(({ to }) => to - now < WARN_DAYS * DAY_MS).map((one) => describeEnd(one, now));
}

/** What a party's connection rests on. Throws `config/invalid` where a file is not what it should be. */
export async function loadExpiring({ access }: Pick<PartyFolder, "access">): Promise<Expiring[]> {
  return listExpiring(await loadAccessTexts(access));
}

/**
 * For a service's health: what it rests on and what ends soon. Looked at again and again, for files are
 * renewed while it runs, until the signal is aborted.
 */
export async function watchExpiry(
  load: () => Promise<readonly Expiring[]>,
  signal: AbortSignal,
  everyMs: number = LOOK_MS,
): Promise<Health> {
  let things: readonly Expiring[] = [];
  let trouble: string[] = [];
  const look = async (): Promise<void> => {
    try {
      things = await load();
      trouble = [];
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      trouble = [error.message];
    }
  };
  await look();
  void (async () => {
    while (await pause(everyMs, true, { signal, ref: false }).catch(() => false)) await look();
  })();
  const warnings = () => listEndingSoon(things, Date.now());
  return { problems: () => [...trouble, ...warnings()], warnings };
}

/** Well where all of them are. */
export function joinHealth(...all: readonly Health[]): Health {
  return {
    problems: () => all.flatMap((one) => one.problems()),
    notes: () => all.flatMap((one) => one.notes?.() ?? []),
    warnings: () => all.flatMap((one) => one.warnings?.() ?? []),
    isStarting: () => all.some((one) => one.isStarting?.() ?? false),
  };
}
