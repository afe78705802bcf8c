import { compareBroker, READER_API, type StreamSizes } from "@leix/broker";
import type { AccountId } from "@leix/protocol";
import { LeixError } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

/** Larger differences spoil what is decided by time: deadlines, consents, the validity of keys. */
export const CLOCK_DIFFERENCE_SECONDS_MAX = 30;

/** Tries every connection; keeps none. Reports also what version of server answered. */
export async function checkConnections(
  parties: readonly string[],
  connect: (id: string) => Promise<PartyConnection>,
): Promise<{ report: CheckReport; version: string | undefined; reached: ReadonlySet<string> }> {
  const refused = new Map<string, { readonly ids: string[]; readonly error: LeixError }>();
  const reached = new Set<string>();
  let version: string | undefined;
  for (const id of parties) {
    try {
      const nc = await connect(id);
      version ??= nc.info?.version;
      reached.add(id);
      await nc.close();
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      const same = refused.get(error.message) ?? { ids: [], error };
      same.ids.push(id);
      refused.set(error.message, same);
    }
  }
  const problems = [...refused.values()].map(({ ids, error }): Problem => {
    const problem = toProblem(error, toNames(ids));
    return error.code === "broker/unreachable" ? { ...problem, todo: UNREACHABLE_TODO } : problem;
  });
  const summary = `${reached.size}, each with its own certificate and credentials`;
  return { report: { name: "connections", summary, problems }, version, reached };
}

const UNREACHABLE_TODO =
  "If nothing listens there: start it (`leix network up`), or say where it is with LEIX_NATS_URL.";
const NAMES_MAX = 3;

function toNames(ids: readonly string[]): string {
  const more = ids.length > NAMES_MAX + 1 ? ids.length - NAMES_MAX : 0;
  const named = ids.slice(0, ids.length - more).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

/** The monitor asks how a stream is, and the server says when it answered. */
export async function checkBrokerClock(monitor: PartyConnection, now: () => number): Promise<CheckReport> {
  const before = now();
  const answer = await monitor.request(`${READER_API}.STREAM.INFO.LEDGER`, "", { timeout: 5_000 });
  const { ts } = answer.json<{ ts?: string }>();
  return compareClocks(ts === undefined ? Number.NaN : Date.parse(ts), (before + now()) / 2, "the broker");
}

/** Both in milliseconds since 1970. */
export function compareClocks(theirs: number, ours: number, whose: string): CheckReport {
  const seconds = Math.round((ours - theirs) / 1_000);
  const side = seconds > 0 ? "ahead of" : "behind";
  const isFine = Math.abs(seconds) <= CLOCK_DIFFERENCE_SECONDS_MAX;
  const detail = `this machine is ${Math.abs(seconds)} s ${side} ${whose}`;
  const problem = { detail, todo: "Set the clocks of both (NTP)." };
  return {
    name: "clock",
    summary: `within ${CLOCK_DIFFERENCE_SECONDS_MAX} s of ${whose}`,
    problems: isFine ? [] : [problem],
  };
}

export interface WantedStreams {
  readonly sizes: StreamSizes;
  /** The parties', by account. */
  readonly accounts: ReadonlyMap<AccountId, string>;
  readonly clock: AccountId;
}

/** Every stream, both consumers of every party, and the clock's, setting by setting. */
export async function checkStreams(
  monitor: PartyConnection,
  { sizes, accounts, clock }: WantedStreams,
): Promise<CheckReport> {
  const differences = await compareBroker(monitor, { sizes, accounts: [...accounts.keys()], clock });
  const problems = differences.map(({ of, setting, wanted: value, actual }): Problem => {
    const [kind, place = ""] = of.split(" ");
    const owner = accounts.get(place.split("/")[1] as AccountId);
    const what = owner === undefined ? of : `${of} (${owner})`;
    const found = JSON.stringify(actual) ?? "missing";
    const detail = `${what}: ${setting} is ${found}, not ${JSON.stringify(value)}`;
    return {
      detail,
      todo: kind === "stream" ? STREAM_TODO : "The registry makes it: see that it runs and is well.",
    };
  });
  return {
    name: "streams",
    summary: `6, and the consumers of ${accounts.size} accounts, as they should be`,
    problems,
  };
}

const STREAM_TODO =
  "`leix network provision` makes a missing stream; one with other settings was changed: find out by whom.";
