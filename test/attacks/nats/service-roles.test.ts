import { BROKER_ROLES, type BrokerRole, commitBatch, publishOnce, READER_API } from "@leix/broker";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { attempt, type Siege, startSiege } from "./siege.ts";

let siege: Siege;
beforeAll(async () => {
  siege = await startSiege();
});
afterAll(() => siege[Symbol.asyncDispose]());

const ROLES = Object.keys(BROKER_ROLES) as BrokerRole[];

/** What could be done to the exchange from within BROKER, and who may: nobody else. */
const POWERS: readonly { readonly subject: string; readonly may: readonly BrokerRole[] }[] = [
  { subject: "leix.ledger.event.x", may: ["policy", "restorer"] },
  { subject: "leix.in.V.copy.A.x", may: ["policy"] },
  { subject: "leix.quarantine.A.x", may: ["policy"] },
  { subject: "leix.out.A", may: [] },
  // The ticks of the exchange's own clock.
  { subject: "leix.out.B", may: ["policy"] },
  { subject: "leix.rules.A", may: [] },
  { subject: "leix.log.A", may: [] },
  { subject: "leix.checkpoint", may: ["ledger", "restorer"] },
  { subject: "$JS.API.STREAM.CREATE.X", may: ["provisioner"] },
  { subject: "$JS.API.STREAM.INFO.OUT", may: ["provisioner", "restorer"] },
  { subject: "$JS.API.STREAM.INFO.CHECKPOINT", may: ["provisioner", "restorer"] },
  { subject: "leix.api.STREAM.INFO.OUT", may: ["monitor"] },
  { subject: "leix.api.CONSUMER.INFO.INBOX.A", may: ["monitor"] },
  { subject: "$JS.API.STREAM.UPDATE.LEDGER", may: [] },
  // Of whoever recreates LEDGER: a role of the operator's, without a user while the exchange runs.
  { subject: "$JS.API.STREAM.CREATE.LEDGER", may: ["provisioner", "restorer"] },
  { subject: "$JS.API.STREAM.INFO.LEDGER", may: ["provisioner", "restorer"] },
  { subject: "$JS.API.STREAM.DELETE.OUT", may: [] },
  { subject: "$JS.API.STREAM.DELETE.CHECKPOINT", may: [] },
  { subject: "$JS.API.STREAM.PURGE.LEDGER", may: [] },
  { subject: "$JS.API.STREAM.PURGE.OUT", may: [] },
  // Empties the inbox of whoever is revoked.
  { subject: "$JS.API.STREAM.PURGE.INBOX", may: ["registry"] },
  { subject: "$JS.API.STREAM.MSG.DELETE.INBOX", may: [] },
  { subject: "$JS.API.STREAM.MSG.DELETE.LEDGER", may: [] },
  { subject: "$JS.API.STREAM.MSG.GET.INBOX", may: [] },
  { subject: "$JS.API.STREAM.SNAPSHOT.LEDGER", may: [] },
  { subject: "$JS.API.STREAM.RESTORE.LEDGER", may: [] },
  { subject: "$JS.API.DIRECT.GET.LEDGER", may: ["policy", "registry", "ledger", "auditor", "restorer"] },
  {
    subject: "$JS.API.DIRECT.GET.CHECKPOINT.leix.checkpoint",
    may: ["policy", "registry", "ledger", "auditor", "restorer"],
  },
  { subject: "$JS.API.DIRECT.GET.INBOX", may: [] },
  { subject: "$JS.API.DIRECT.GET.OUT", may: [] },
  { subject: "$JS.API.CONSUMER.MSG.NEXT.OUT.A", may: ["policy"] },
  { subject: "$JS.API.CONSUMER.MSG.NEXT.INBOX.A", may: [] },
  { subject: "$JS.ACK.OUT.A.1.1.1.1.1", may: ["policy"] },
  { subject: "$JS.ACK.INBOX.A.1.1.1.1.1", may: [] },
  { subject: "$JS.API.CONSUMER.CREATE.OUT.x.leix.out.x", may: ["registry"] },
  { subject: "$JS.API.CONSUMER.CREATE.INBOX.x.leix.in.x.>", may: ["registry"] },
  { subject: "$JS.API.CONSUMER.CREATE.LEDGER.x.leix.ledger.>", may: [] },
  { subject: "$JS.API.CONSUMER.CREATE.OUT", may: [] },
  { subject: "$JS.API.CONSUMER.DELETE.OUT.A", may: [] },
  { subject: "$SYS.REQ.CLAIMS.UPDATE", may: [] },
  { subject: "$JS.API.STREAM.DELETE.LEDGER", may: ["restorer"] },
];

describe("a service of the exchange", () => {
  // What is tried here is done: LEDGER is taken away by the one who may.
  afterEach(() => siege.broker.createStreams());

  it.each(ROLES)("%s may do what its work needs, and nothing else", async (role) => {
    await using nc = await siege.broker.connect(role);
    for (const { subject, may } of POWERS) {
      const actual = subject
        .replace(/\bV\b/, siege.victim)
        .replace(/\bA\b/, siege.attacker)
        .replace(/\bB\b/, siege.broker.jwts.brokerAccount);
      const { kind } = await attempt(nc, actual);
      expect([subject, kind === "refused"]).toEqual([subject, !may.includes(role)]);
    }
  });

  it.each(ROLES)("%s hears its own answers, and of the rest only what it needs", async (role) => {
    await using nc = await siege.broker.connect(role);
    const hears: string[] = [];
    for (const subject of [
      ">",
      "leix.out.*",
      "leix.in.>",
      "leix.rules.*",
      "leix.log.*",
      "leix.checkpoint",
      "leix.ledger.>",
      "_INBOX.>",
      "$JS.>",
    ]) {
      const subscription = nc.subscribe(subject, { callback: () => undefined });
      await nc.flush();
      if (!subscription.isClosed()) hears.push(subject);
    }
    const ledger = ["policy", "registry", "ledger", "auditor"].includes(role) ? ["leix.ledger.>"] : [];
    const asked = { registry: ["leix.rules.*"], ledger: ["leix.log.*"] } as const;
    const questions = role === "registry" || role === "ledger" ? asked[role] : [];
    expect(hears).toEqual([...questions, ...ledger]);
  });
});

/**
 * Within one account a reply may name any subject. A reader in BROKER could so have the server write its
 * answers, ledger records among them, into the ledger and the inboxes (tried: they were stored). In READER it
 * cannot.
 */
describe("a reader who names a stream's subject as the reply to its question", () => {
  const QUESTIONS = {
    auditor: ["$JS.API.DIRECT.GET.LEDGER"],
    monitor: [`${READER_API}.STREAM.INFO.LEDGER`, `${READER_API}.CONSUMER.INFO.INBOX.A`],
  } as const;

  it.each(["auditor", "monitor"] as const)("has nothing stored and nobody reached: %s", async (role) => {
    await using policy = await siege.broker.connect("policy");
    const record = { subject: `leix.ledger.event.${role}`, data: new TextEncoder().encode("a record") };
    const { lastSequence } = await commitBatch(policy, [record]);
    const before = await siege.counts();
    await siege.seen();
    await using nc = await siege.broker.connect(role);
    const replies = [
      "leix.ledger.event.injected",
      `leix.in.${siege.victim}.copy.${siege.attacker}.injected`,
      `leix.out.${siege.victim}`,
      `leix.rules.${siege.victim}`,
      `leix.log.${siege.victim}`,
      "leix.checkpoint",
      "leix.quarantine.x.injected",
    ];
    for (const question of QUESTIONS[role]) {
      const subject = question.replace(/\bA\b/, siege.attacker);
      for (const reply of replies) nc.publish(subject, JSON.stringify({ seq: lastSequence }), { reply });
      // Answered after all of those.
      expect(await attempt(nc, subject, JSON.stringify({ seq: lastSequence }))).toMatchObject({
        kind: "answer",
      });
    }
    expect(await siege.counts()).toEqual(before);
    expect((await siege.seen()).filter(({ subject }) => replies.includes(subject))).toEqual([]);
  });

  it("adds to the checkpoints at most, as it may anyway: ledger", async () => {
    await using policy = await siege.broker.connect("policy");
    const record = { subject: "leix.ledger.event.ledger", data: new TextEncoder().encode("a record") };
    const { lastSequence } = await commitBatch(policy, [record]);
    const { CHECKPOINT: _before, ...before } = await siege.counts();
    await using nc = await siege.broker.connect("ledger");
    const question = JSON.stringify({ seq: lastSequence });
    for (const reply of ["leix.ledger.event.injected", "leix.quarantine.x.injected", "leix.checkpoint"]) {
      nc.publish("$JS.API.DIRECT.GET.LEDGER", question, { reply });
    }
    expect(await attempt(nc, "$JS.API.DIRECT.GET.LEDGER", question)).toMatchObject({ kind: "answer" });
    const { CHECKPOINT: _after, ...after } = await siege.counts();
    expect(after).toEqual(before);
  });

  it("works for whoever may write anyway, which shows that the attack is real (control)", async () => {
    await using policy = await siege.broker.connect("policy");
    const { QUARANTINE: before = 0 } = await siege.counts();
    // Not of a batch, whose headers QUARANTINE refuses.
    const plain = { subject: "leix.ledger.event.plain", data: new TextEncoder().encode("a record") };
    const question = JSON.stringify({ seq: await publishOnce(policy, plain) });
    policy.publish("$JS.API.DIRECT.GET.LEDGER", question, { reply: "leix.quarantine.x.injected" });
    await expect.poll(async () => (await siege.counts()).QUARANTINE).toBe(before + 1);
  });
});
