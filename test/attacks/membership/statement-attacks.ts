import type { ErrorCode } from "@leix/protocol";
import type { Members, Oddities } from "@leix/testkit";
import { it } from "vitest";
import type { Assault } from "../assault.ts";

/** A statement of the genesis, changed and signed again. */
export interface Attack {
  readonly kind: string;
  readonly subject: string;
  readonly changes?: () => Members | Promise<Members>;
  /** Through whose account; AL's unless it is said. */
  readonly by?: string;
  readonly oddities?: Oddities;
}

export type Row = readonly [name: string, code: ErrorCode, attack: Attack];

/** A test for each of them. The exchange runs when they do, and not before. */
export function attackWith(toAssault: () => Assault, rows: readonly Row[]): void {
  it.each(rows)("%s: %s", async (_name, code, { kind, subject, changes, by = "AL", oddities }) => {
    const assault = toAssault();
    const bytes = await assault.forge.statement(kind, subject, (await changes?.()) ?? {}, oddities);
    await assault.refused(bytes, code, by);
  });
}
