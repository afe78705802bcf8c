import { commitBatch, openInbox, sendMessage } from "@leix/broker";
import { Digest, toInboxSubject } from "@leix/protocol";
import { errors } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Siege, startSiege } from "./siege.ts";

let siege: Siege;
beforeAll(async () => {
  siege = await startSiege();
});
afterAll(() => siege[Symbol.asyncDispose]());

const SUBJECTS = [
  ">",
  "*",
  "leix.>",
  "leix.in.>",
  "leix.out.>",
  "leix.ledger.>",
  "leix.send",
  "leix.rules.*",
  "leix.log.*",
  "leix.checkpoint",
  "_INBOX.>",
  "_R_.>",
  "$JS.>",
  "$SYS.>",
  "$SYS.ACCOUNT.>",
];

/** A message of the victim to itself, the whole way: sent, recorded, delivered, acknowledged. */
async function exchange(text: string): Promise<void> {
  await using victim = await siege.broker.connectParty("VICTIM");
  await using policy = await siege.broker.connect("policy");
  const data = new TextEncoder().encode(text);
  await sendMessage(victim, data);
  const id = Digest.parse(`${"0".repeat(42)}A`);
  await commitBatch(policy, [{ subject: toInboxSubject(siege.victim, "copy", siege.victim, id), data }]);
  await using inbox = openInbox(victim, siege.victim);
  const delivery = await inbox.next(AbortSignal.timeout(5_000));
  expect(delivery && new TextDecoder().decode(delivery.data)).toBe(text);
  delivery?.ack();
  await victim.flush();
}

describe("listening to others", () => {
  it.each(SUBJECTS)("%s is refused to a party's user, plainly and as a queue", async (subject) => {
    for (const queue of [undefined, "q"]) {
      const subscription = siege.ordinary.subscribe(subject, queue === undefined ? {} : { queue });
      const ended = await subscription.closed;
      expect(ended).toBeInstanceOf(errors.PermissionViolationError);
    }
    await siege.logged("Subscription", subject);
  });

  it("another user's replies are refused to a user of the same party", async () => {
    await using colleague = await siege.broker.connectParty("ATTACKER");
    const { inboxPrefix } = (colleague as unknown as { options: { inboxPrefix: string } }).options;
    const subscription = siege.ordinary.subscribe(`${inboxPrefix}.>`);
    expect(await subscription.closed).toBeInstanceOf(errors.PermissionViolationError);
  });

  it("a user without restrictions hears its own account and nothing of the others", async () => {
    const heard: string[] = [];
    for (const queue of [undefined, "q"]) {
      siege.unrestricted.subscribe(">", {
        ...(queue === undefined ? {} : { queue }),
        callback: (_error, message) => void heard.push(`${message.subject} ${message.string()}`),
      });
    }
    await siege.unrestricted.flush();
    await exchange("for the victim only");
    const seen = await siege.seen();
    expect(seen.filter(({ text }) => text === "for the victim only").length).toBeGreaterThan(1);
    await sendMessage(siege.ordinary, new TextEncoder().encode("own"));
    await siege.unrestricted.flush();
    expect(heard.filter((line) => line.includes("leix.send own"))).not.toEqual([]);
    expect(heard.filter((line) => line.includes("victim") || line.includes(siege.victim))).toEqual([]);
  });
});
