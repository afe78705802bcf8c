import {
  type AccountId,
  type Digest,
  listRejected,
  type MessageRef,
  type ParsedRecord,
  toVerdict,
} from "@leix/protocol";

/** Something that the broker has acknowledged. Published any number of times, it is one input. */
export interface ObservedInput {
  readonly account: AccountId;
  /** Of its bytes, where they are known: what a rejection is recorded under. */
  readonly raw?: Digest;
  /** Of its token's signing input, where it has a token: what a message or statement is recorded under. */
  readonly signed?: Digest;
}

/** What one party has in the end. */
export interface ObservedStore {
  /** Every message that was delivered and believed, once for each time that it is held. */
  readonly copies: readonly MessageRef[];
  /** Where the records stand, and of which inputs, that the answers it has name. */
  readonly answers: readonly { readonly index: number; readonly digest: Digest }[];
  /** Of every notice it has, the place of the record that tells it. */
  readonly notices: readonly number[];
  /** Whether it acknowledges what it receives, as nodes do. */
  readonly acknowledges: boolean;
}

/** What is left of a run: what went in, the ledger, what everyone holds, and what the auditor found. */
export interface Observation {
  readonly inputs: readonly ObservedInput[];
  readonly records: readonly ParsedRecord[];
  /** By party; parties that nobody looked at are left out, and nothing is said of them. */
  readonly stores: ReadonlyMap<string, ObservedStore>;
  readonly accounts: ReadonlyMap<AccountId, string>;
  readonly audit: { readonly checked: number; readonly ledger: number; readonly mismatches: number };
}

type MessageRecord = Extract<ParsedRecord, { kind: "message" }>;

/**
 * What is wrong with a run, a line each: every input is recorded exactly once, routed to exactly those it was
 * let through to, answered and acknowledged once; whoever is to be told of something was told, once; nothing
 * was decided twice; the auditor agrees with all of it.
 */
export function findViolations(observation: Observation): string[] {
  return [
    ...findUnrecorded(observation),
    ...findDecidedTwice(observation.records),
    ...findMisrouted(observation),
    ...findUnanswered(observation),
    ...findMistold(observation),
    ...findMisacknowledged(observation),
    ...findAuditDifferences(observation),
  ].toSorted();
}

/** An altered copy of an input may be rejected beside it: it has the same signing input and other bytes. */
function findUnrecorded({ inputs, records }: Observation): string[] {
  const recorded = new Set(records.flatMap(listPlaces));
  return inputs.flatMap((input) => {
    const { account, raw, signed } = input;
    const isRejected = raw !== undefined && recorded.has(`rejection ${account} ${raw}`);
    const isTaken = signed !== undefined && recorded.has(`accepted ${account} ${signed}`);
    const hasTwin = inputs.some((other) => signed && other.signed === signed && other.raw !== raw);
    if (!isRejected && !isTaken) return [`not recorded: ${signed ?? raw} of ${account}`];
    return isRejected && isTaken && !hasTwin ? [`rejected and accepted: ${signed} of ${account}`] : [];
  });
}

function listPlaces({ decision: { content } }: ParsedRecord): string[] {
  const { account, digest } = content.input;
  const rejected = listRejected(content);
  if (rejected.length === 0) return [`accepted ${account} ${digest}`];
  return rejected.map((one) => `rejection ${account} ${one.digest}`);
}

function listSequences({ decision: { content } }: ParsedRecord): number[] {
  const rejected = listRejected(content);
  return rejected.length === 0 ? [content.input.sequence] : rejected.map(({ sequence }) => sequence);
}

function findDecidedTwice(records: readonly ParsedRecord[]): string[] {
  const messages = records.filter(isMessage);
  return [
    ...listRepeated(records.flatMap(listPlaces)).map((place) => `decided twice: ${place}`),
    ...listRepeated(records.flatMap(listSequences)).map(
      (sequence) => `decided twice: OUT sequence ${sequence}`,
    ),
    ...listRepeated(messages.map(({ claims }) => `${claims.iss} ${claims.id}`)).map(
      (id) => `decided twice: message ${id}`,
    ),
  ];
}

function findMisrouted({ records, stores }: Observation): string[] {
  const due = new Map<string, number>();
  for (const record of records.filter(isMessage)) {
    for (const agency of listPermitted(record)) due.set(`${toName(record)} at ${agency}`, 1);
  }
  const found: string[] = [];
  for (const [party, { copies }] of stores) {
    const held = copies.map((ref) => `${ref.iss} ${ref.id} ${ref.digest} at ${party}`);
    for (const one of new Set(held)) if (!due.has(one)) found.push(`held without a permit: ${one}`);
    for (const one of listRepeated(held)) found.push(`held twice: ${one}`);
    for (const one of due.keys()) {
      if (one.endsWith(` at ${party}`) && !held.includes(one)) found.push(`not routed: ${one}`);
    }
  }
  return found;
}

function findUnanswered({ records, stores, accounts }: Observation): string[] {
  const places = new Map(records.map((one) => [one.decision.content.index as number, one]));
  const found = records.flatMap(({ decision }) => {
    const { index, input } = decision.content;
    const store = stores.get(accounts.get(input.account) ?? "");
    const answers = store?.answers.filter((answer) => answer.index === index) ?? [];
    return store && answers.length === 0 ? [`not answered: record ${index}`] : [];
  });
  for (const [party, { answers }] of stores) {
    for (const { index, digest } of answers) {
      const input = places.get(index)?.decision.content.input;
      if (input?.digest !== digest || accounts.get(input.account) !== party) {
        found.push(`answered otherwise: record ${index} to ${party}`);
      }
    }
    for (const index of listRepeated(answers.map((answer) => answer.index))) {
      if (places.get(index)?.kind === "flood") continue;
      found.push(`two inputs have one answer: record ${index} to ${party}`);
    }
  }
  return found;
}

function findMistold({ records, stores }: Observation): string[] {
  return [...stores].flatMap(([party, { notices }]) => {
    const due = records.flatMap((record) => {
      const own = record.decision.notices.filter(({ to }) => to === party);
      return own.map(() => record.decision.content.index as number);
    });
    const [missing, needless] = [subtract(due, notices), subtract(notices, due)];
    return [
      ...missing.map((index) => `not told: record ${index} to ${party}`),
      ...needless.map((index) => `told for nothing: record ${index} to ${party}`),
    ];
  });
}

/** What of some values is left when each of the others has taken away one like it. */
function subtract(some: readonly number[], others: readonly number[]): number[] {
  const left = [...others];
  return some.filter((one) => {
    const place = left.indexOf(one);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

/** Who had stored a message twice would have acknowledged it twice. */
function findMisacknowledged({ records, stores }: Observation): string[] {
  const messages = records.filter(isMessage);
  const given = messages.flatMap(({ claims }) => {
    if (claims.kind !== "acknowledgement") return [];
    return [`${claims.re.iss} ${claims.re.id} by ${claims.iss} as ${claims.status}`];
  });
  const due = messages.flatMap((record) => {
    if (record.claims.kind === "acknowledgement") return [];
    const acknowledging = listPermitted(record).filter((agency) => stores.get(agency)?.acknowledges);
    return acknowledging.map((agency) => `${record.claims.iss} ${record.claims.id} by ${agency} as received`);
  });
  return [
    ...due.filter((one) => !given.includes(one)).map((one) => `not acknowledged: ${one}`),
    ...listRepeated(given).map((one) => `acknowledged twice: ${one}`),
  ];
}

function findAuditDifferences({ audit, records }: Observation): string[] {
  const { checked, ledger, mismatches } = audit;
  const isWhole = checked === ledger && ledger === records.length && mismatches === 0;
  return isWhole ? [] : [`audit: ${checked} of ${ledger} checked, ${mismatches} mismatches`];
}

function isMessage(record: ParsedRecord): record is MessageRecord {
  return record.kind === "message";
}

function listPermitted({ decision }: MessageRecord): string[] {
  const { recipients } = toVerdict(decision);
  return recipients.filter(({ effect }) => effect === "permit").map(({ agency }) => agency);
}

function toName({ claims, input }: MessageRecord): string {
  return `${claims.iss} ${claims.id} ${input.digest}`;
}

function listRepeated<T>(values: readonly T[]): T[] {
  const seen = new Set<T>();
  const repeated = new Set<T>();
  for (const value of values) (seen.has(value) ? repeated : seen).add(value);
  return [...repeated];
}
