import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, type Siege, startSiege } from "./siege.ts";

let siege: Siege;
beforeAll(async () => {
  siege = await startSiege();
});
afterAll(() => siege[Symbol.asyncDispose]());

const OWN_ACCOUNT_ONLY = [
  "$SYS.REQ.ACCOUNT.PING.CONNZ",
  "$SYS.REQ.ACCOUNT.PING.STATZ",
  "$SYS.REQ.SERVER.PING.CONNZ",
  "$SYS.REQ.USER.INFO",
];

/**
 * Everything a party could want to publish to that is not its own: V is the victim, A the attacker itself,
 * and B the account BROKER, in which the clock ticks.
 */
const FOREIGN = [
  "leix.out.V",
  "leix.out.A",
  "leix.out.B",
  "leix.in.V.copy.A.x",
  "leix.in.A.copy.A.x",
  "leix.ledger.event.x",
  "leix.quarantine.x.y",
  "leix.rules.V",
  "leix.log.V",
  "leix.checkpoint",
  "$JS.ACK.INBOX.V.1.1.1.1795293847567912346.0",
  "$JS.ACK.OUT.V.1.1.1.1795293847567912346.0",
  "$JS.ACK._.hash.INBOX.V.1.1.1.1795293847567912346.0.x",
  "$JS.FC.INBOX.V.x.y",
  "$JS.API.CONSUMER.MSG.NEXT.INBOX.V",
  "$JS.API.CONSUMER.MSG.NEXT.OUT.A",
  "$JS.API.CONSUMER.MSG.NEXT.OUT.V",
  "$JS.API.STREAM.CREATE.X",
  "$JS.API.STREAM.UPDATE.LEDGER",
  "$JS.API.STREAM.DELETE.LEDGER",
  "$JS.API.STREAM.PURGE.OUT",
  "$JS.API.STREAM.SNAPSHOT.LEDGER",
  "$JS.API.STREAM.RESTORE.LEDGER",
  "$JS.API.STREAM.LEADER.STEPDOWN.LEDGER",
  "$JS.API.STREAM.INFO.LEDGER",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.STREAM.MSG.GET.INBOX",
  "$JS.API.STREAM.MSG.DELETE.LEDGER",
  "$JS.API.DIRECT.GET.LEDGER",
  "$JS.API.DIRECT.GET.INBOX.leix.in.V.>",
  "$JS.API.CONSUMER.CREATE.INBOX",
  "$JS.API.CONSUMER.CREATE.INBOX.x.leix.in.V.>",
  "$JS.API.CONSUMER.DURABLE.CREATE.INBOX.x",
  "$JS.API.CONSUMER.INFO.INBOX.V",
  "$JS.API.CONSUMER.NAMES.INBOX",
  "$JS.API.CONSUMER.LIST.INBOX",
  "$JS.API.CONSUMER.DELETE.INBOX.V",
  "$JS.API.CONSUMER.PAUSE.INBOX.V",
  "$JS.API.CONSUMER.RESET.INBOX.V",
  "$JS.API.INFO",
  "$JS.API.SERVER.REMOVE",
  "$SYS.REQ.CLAIMS.UPDATE",
  "$SYS.REQ.CLAIMS.LIST",
  "$SYS.REQ.CLAIMS.DELETE",
  "$SYS.REQ.ACCOUNT.V.CLAIMS.UPDATE",
  "$SYS.REQ.ACCOUNT.V.CLAIMS.LOOKUP",
  "$SYS.REQ.ACCOUNT.V.INFO",
  "$SYS.REQ.ACCOUNT.V.CONNZ",
  "$SYS.REQ.SERVER.PING",
  "$SYS.REQ.SERVER.PING.ACCOUNTZ",
  "$SYS.REQ.SERVER.PING.JSZ",
  "$SYS.REQ.SERVER.x.RELOAD",
  "$SYS.REQ.SERVER.x.KICK",
  "$SYS.ACCOUNT.V.DISCONNECT",
  "_R_.guess.ed",
  "_INBOX.anybody.x",
  "$NRG.x",
  "$KV.x.y",
  ...OWN_ACCOUNT_ONLY,
];

function toSubject(pattern: string): string {
  return pattern
    .replace(/\bV\b/, siege.victim)
    .replace(/\bA\b/, siege.attacker)
    .replace(/\bB\b/, siege.broker.jwts.brokerAccount);
}

const NO_JETSTREAM = /JetStream (not enabled for account|clustering support required)/;
const nothing = { OUT: 0, LEDGER: 0, INBOX: 0, QUARANTINE: 0, CHECKPOINT: 0 };

describe("publishing where a party has no business", () => {
  it.each(FOREIGN)("%s is refused to a party's user", async (pattern) => {
    expect(await attempt(siege.ordinary, toSubject(pattern))).toEqual({ kind: "refused" });
    await siege.logged("Publish", toSubject(pattern));
    expect(await siege.seen()).toEqual([]);
    expect(await siege.counts()).toEqual(nothing);
  });

  it.each(FOREIGN)("%s leads nowhere for a user without restrictions", async (pattern) => {
    const outcome = await attempt(siege.unrestricted, toSubject(pattern));
    if (outcome.kind === "answer") {
      // The server's own services answer every account, about that account alone.
      expect(outcome.text).not.toContain(siege.victim);
      expect(outcome.text).not.toContain(siege.broker.jwts.brokerAccount);
      expect(outcome.text).not.toMatch(/VICTIM|observer/);
      const known = OWN_ACCOUNT_ONLY.includes(pattern) || NO_JETSTREAM.test(outcome.text);
      expect(known, outcome.text).toBe(true);
    }
    expect(await siege.seen()).toEqual([]);
    expect(await siege.counts()).toEqual(nothing);
  });
});
