import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { LeixError } from "@leix/protocol";
import { SCHEMA_VERSION } from "./database.ts";
import { createSightings, type Sightings } from "./sightings.ts";
import { createWitnessedTrees, type WitnessedTrees } from "./witnessed.ts";

/** What a node has seen of the ledger, for whoever holds that against what is served, and changes nothing. */
export interface SeenLedger extends Disposable {
  readonly witnessed: Pick<WitnessedTrees, "get">;
  readonly sightings: Pick<Sightings, "check">;
}

/**
 * Opens a node's file to read, also while the node uses it. Undefined where there is none, or one of another
 * version. Throws `client/store-unusable`.
 */
export function openSeenLedger(file: string): SeenLedger | undefined {
  if (!existsSync(file)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const opened = database;
    const version = Number(opened.prepare("PRAGMA user_version").get()?.user_version);
    if (version !== SCHEMA_VERSION) {
      opened.close();
      return undefined;
    }
    return {
      witnessed: createWitnessedTrees(opened),
      sightings: createSightings(opened),
      [Symbol.dispose]: () => opened.close(),
    };
  } catch (cause) {
    database?.close();
    throw new LeixError("client/store-unusable", file, { cause });
  }
}
