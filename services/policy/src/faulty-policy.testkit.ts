import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { connectBroker, type OutMessage, openOutDrain } from "@leix/broker";
import { decodeUtf8, encodeBase64url, LeixError, limits, toDigest } from "@leix/protocol";
import { createLogger, loadPartyFolder, loadSigningKey, readZoneVersion, runService } from "@leix/runtime";
import { createSeenFile } from "@leix/seen-ledger";
import type { FaultOrder, FaultPlace } from "@leix/testkit";
import { createPolicyEvents } from "./events.ts";
import { createNatsInboxes, createNatsQuarantine, createNatsTicks } from "./nats-inboxes.ts";
import { createNatsLedger } from "./nats-ledger.ts";
import { createPolicyService, type PolicyServiceOptions } from "./policy-service.ts";

// Started by packages/testkit, service-programs.ts, which says what an order means.
const order = JSON.parse(process.argv[2] ?? "") as FaultOrder;
const { about = [], deadly = [], fromTick = false, fromFlood = false, startsEmpty = false } = order;
const reached = new Map<FaultPlace, number>();
/** Nothing counts before the round, the tick, or the summary that the order is about. */
let isArmed = about.length === 0 && !fromTick && !fromFlood;

function tell(line: string): void {
  writeSync(1, `fault: ${line}\n`);
}

function meet(at: FaultPlace): void {
  if (!isArmed) return;
  const time = (reached.get(at) ?? 0) + 1;
  reached.set(at, time);
  const fault = order.faults.find((one) => one.at === at && one.time === time);
  if (!fault) return;
  tell(`${at} ${time} ${fault.what}`);
  if (fault.what === "lost answer") throw new LeixError("broker/not-acknowledged", "as the order says");
  process.kill(process.pid, fault.what === "kill" ? "SIGKILL" : "SIGSTOP");
}

async function around<T>(
  work: "record" | "delivery" | "quarantine" | "tick",
  call: () => Promise<T>,
): Promise<T> {
  meet(`before ${work}`);
  const result = await call();
  meet(`after ${work}`);
  return result;
}

/** Of the bytes, and of the signing input where there is a token. */
function listDigests({ data }: OutMessage): string[] {
  const token = /"message":"([^"]+)\.[^".]*"/.exec(decodeUtf8(data))?.[1];
  return [toDigest(data), ...(token ? [toDigest(token)] : [])];
}

function isAbout(message: OutMessage, digests: readonly string[]): boolean {
  return listDigests(message).some((digest) => digests.includes(digest));
}

async function* readNothing(): AsyncIterable<Uint8Array> {}

type Drain = PolicyServiceOptions["drain"];

/**
 * What the order is about is held back until all of it is there. Then it is one round; or, where some of it
 * is deadly, that comes first and each of the others after it, alone.
 */
function gatherRounds(drain: Drain): Drain {
  let kept: OutMessage[] = [];
  const isComplete = () => about.every((digest) => kept.some((message) => isAbout(message, [digest])));
  return {
    add: (account) => drain.add(account),
    close: () => drain.close(),
    async next(signal, only) {
      while (about.length > 0 && !isArmed && !isComplete()) {
        const round = await drain.next(signal, only);
        if (!round) return undefined;
        const [mine, others] = [true, false].map((wanted) =>
          round.filter((message) => isAbout(message, about) === wanted),
        );
        kept.push(...(mine ?? []));
        if (others && others.length > 0) return others;
      }
      isArmed ||= !fromTick && !fromFlood;
      if (kept.length === 0 || only !== undefined) return drain.next(signal, only);
      const [first, ...rest] = kept.toSorted((one, other) => Number(isNamed(other)) - Number(isNamed(one)));
      if (!first || deadly.length === 0) return kept.splice(0);
      kept = rest;
      return [first];
    },
  };
}

/** Acknowledgements are met when the next round is asked for: by then the broker has them. */
function spoilAcknowledgements(
  drain: Drain,
  flush: () => Promise<void>,
  onRound: (round: readonly OutMessage[]) => void,
): Drain {
  let hasAcknowledged = false;
  return {
    add: (account) => drain.add(account),
    close: () => drain.close(),
    async next(signal, only) {
      if (hasAcknowledged) {
        hasAcknowledged = false;
        await flush();
        meet("after acknowledgement");
      }
      const round = await drain.next(signal, only);
      if (!round) return undefined;
      onRound(round);
      return round.map((message) => ({
        ...message,
        ack() {
          meet("before acknowledgement");
          message.ack();
          hasAcknowledged ||= isArmed;
        },
      }));
    },
  };
}

function isNamed(message: OutMessage): boolean {
  return isAbout(message, deadly);
}

/** What is given up is not looked at any more, and so does no harm. */
function isDeadly(message: OutMessage): boolean {
  return isNamed(message) && message.deliveries < limits.DELIVERIES_MAX;
}

await runService(createLogger("policy", "info"), async (signal) => {
  const folder = join(order.network, "services", "policy");
  const { access, party } = await loadPartyFolder(folder, order.natsUrl);
  const nc = await connectBroker(access, { name: "policy", signal, firstConnectWaitMs: 60_000 });
  const [ledger, inboxes] = [createNatsLedger(nc), createNatsInboxes(nc)];
  const [quarantine, ticks] = [createNatsQuarantine(nc), createNatsTicks(nc)];
  let inHand: readonly OutMessage[] = [];
  let hasRead = false;
  const drain = openOutDrain(nc);
  const service = createPolicyService({
    ledger: {
      ...ledger,
      read(index) {
        const isFirst = !hasRead;
        hasRead = true;
        return isFirst && startsEmpty ? readNothing() : ledger.read(index);
      },
      append(records, head) {
        isArmed ||= fromFlood && records.some(({ subject }) => subject.startsWith("leix.ledger.flood."));
        return around("record", () => ledger.append(records, head));
      },
    },
    memory: createSeenFile(folder),
    inboxes: { deliver: (deliveries) => around("delivery", () => inboxes.deliver(deliveries)) },
    quarantine: {
      keep: (account, digest, bytes) => around("quarantine", () => quarantine.keep(account, digest, bytes)),
    },
    ticks: {
      publish(clock, seconds) {
        isArmed ||= fromTick;
        return around("tick", () => ticks.publish(clock, seconds));
      },
    },
    drain: spoilAcknowledgements(
      gatherRounds(drain),
      () => nc.flush(),
      (round) => {
        inHand = round;
      },
    ),
    trust: { aud: party.aud, anchorKey: party.anchorKey, anchorAccount: party.anchorAccount },
    key: await loadSigningKey(folder),
    events: createPolicyEvents(createLogger("policy", "info")),
    clock() {
      const { sinceMs, times } = order.hurry ?? { sinceMs: 0, times: 1 };
      return sinceMs + (Date.now() - sinceMs) * times;
    },
    // Asked for when a round is decided, and not before.
    get tz() {
      const killer = inHand.find(isDeadly);
      if (killer) {
        tell(`deadly input, delivery ${killer.deliveries}`);
        process.kill(process.pid, "SIGKILL");
      }
      return readZoneVersion();
    },
    createSalt: () => encodeBase64url(randomBytes(16)),
  });
  return {
    async run(runSignal) {
      await using resources = new AsyncDisposableStack();
      resources.defer(() => nc.close());
      resources.use(drain);
      await service.run(runSignal);
    },
  };
});
