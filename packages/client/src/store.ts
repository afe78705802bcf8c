import { type ChainEnd, createChainEnd } from "./store/chain-end.ts";
import { type Database, emptyLog, inTransaction, openDatabase } from "./store/database.ts";
import { createInbox, type Inbox } from "./store/inbox.ts";
import { createNotices, type Notices } from "./store/notices.ts";
import { createOutbox, type Outbox } from "./store/outbox.ts";
import { createReliedCheckpoints, type ReliedCheckpoints } from "./store/relied.ts";
import { createRules, type Rules } from "./store/rules.ts";
import { createSightings, type Sightings } from "./store/sightings.ts";
import { createWaitedMessages, type WaitedMessages } from "./store/waited.ts";
import { createWitnessedTrees, type WitnessedTrees } from "./store/witnessed.ts";

/**
 * Everything a node must not forget, in one SQLite file. A write outside a transaction is one by itself; each
 * is on disk when it returns. Several processes may have it open.
 */
export interface Store extends Disposable {
  readonly outbox: Outbox;
  readonly waited: WaitedMessages;
  readonly chainEnd: ChainEnd;
  readonly inbox: Inbox;
  readonly notices: Notices;
  readonly rules: Rules;
  readonly sightings: Sightings;
  readonly witnessed: WitnessedTrees;
  readonly relied: ReliedCheckpoints;
  /** All of the work or nothing; durable on return. The work must not wait for anything. */
  transaction<T>(work: () => T): T;
  /**
   * Takes out of the file's write-ahead log what was overwritten since. False where another process has been
   * reading for a second: then it is to be asked again.
   */
  forget(): boolean;
  /** Another number after another process has written. */
  readForeignVersion(): number;
}

/** Throws `client/store-unusable`. */
export function openStore(file: string): Store {
  const database = openDatabase(file);
  return {
    outbox: createOutbox(database),
    waited: createWaitedMessages(database),
    chainEnd: createChainEnd(database),
    inbox: createInbox(database),
    notices: createNotices(database),
    rules: createRules(database),
    sightings: createSightings(database),
    witnessed: createWitnessedTrees(database),
    relied: createReliedCheckpoints(database),
    transaction: (work) => inTransaction(database, work),
    forget: () => emptyLog(database),
    readForeignVersion: () => readDataVersion(database),
    [Symbol.dispose]: () => database.close(),
  };
}

function readDataVersion(database: Database): number {
  return Number(database.prepare("PRAGMA data_version").get()?.data_version);
}
