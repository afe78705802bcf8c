import { setTimeout as pause } from "node:timers/promises";
import { ERRORS, LeixError } from "@leix/protocol";
import { z } from "zod";
import { findErrorCode } from "../health.ts";

export interface WatchedService {
  readonly name: string;
  /** Where `GET` answers how it is. */
  readonly health: string;
  /** May the exchange work while this one is not well? What is wrong with it is said, and not waited for. */
  readonly isFollower: boolean;
  /** How often it has ended unasked. */
  readonly restarts: number;
}

export interface UntilWellOptions {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** How long one may say that something is wrong: a broker that was slow for a moment is no failure. */
  readonly wrongMsMax?: number;
  /** How long one may not answer at all: it is started again, and waits for the broker, by itself. */
  readonly silentMsMax?: number;
}

const WRONG_MS_MAX = 10_000;
const SILENT_MS_MAX = 120_000;
/** One that ends more often is starting each time, and would be waited for for ever. */
const RESTARTS_MAX = 5;
/** What is waited for is said after so long. */
const TELL_MS = 5_000;
const LOOK_MS = 200;
const ANSWER_MS = 2_000;

const Texts = z.array(z.string()).default([]);
const HealthAnswer = z.object({ problems: Texts, warnings: Texts, starting: z.boolean().default(false) });

interface Looked {
  readonly one: WatchedService;
  readonly look: Look;
}

interface Look {
  /** Undefined where it does not answer. */
  readonly answer: z.infer<typeof HealthAnswer> | undefined;
  /** Without those that only warn. */
  readonly wrong: readonly string[];
}

/**
 * Returns when every service can do its work. One that folds a long ledger is waited for, however long that
 * takes, and what it says is said. Throws `network/services-failing` where one stays unwell or silent, or
 * ends again and again; what is wrong, and what to do about it, is said before.
 */
export async function untilWell(
  services: readonly WatchedService[],
  options: UntilWellOptions,
): Promise<void> {
  const { say, signal, wrongMsMax = WRONG_MS_MAX, silentMsMax = SILENT_MS_MAX } = options;
  const begun = performance.now();
  const restartsBefore = new Map(services.map(({ name, restarts }) => [name, restarts]));
  const endsAlways = ({ name, restarts }: WatchedService): boolean => {
    return restarts - (restartsBefore.get(name) ?? 0) > RESTARTS_MAX;
  };
  const unwellSince = new Map<string, number>();
  const told = new Set<string>();
  const tell = (line: string): void => {
    if (!told.has(line)) say(line);
    told.add(line);
  };
  for (;;) {
    const looks = await Promise.all(services.map(async (one) => ({ one, look: await lookAt(one, signal) })));
    const needed = looks.filter(({ one }) => !one.isFollower);
    if (needed.every(({ look }) => isWell(look))) {
      for (const { one, look } of looks) for (const line of toProblemLines(one, look)) tell(line);
      return;
    }
    const now = performance.now();
    const unwell = needed.filter(({ one, look }) => {
      const { answer, wrong } = look;
      const isUnwell = answer === undefined || (wrong.length > 0 && !answer.starting);
      if (!isUnwell) unwellSince.delete(one.name);
      else if (!unwellSince.has(one.name)) unwellSince.set(one.name, now);
      return isUnwell || (endsAlways(one) && !isWell(look));
    });
    const hasFailed = unwell.some(({ one, look }) => {
      const isLate = now - (unwellSince.get(one.name) ?? now) > (look.answer ? wrongMsMax : silentMsMax);
      return isLate || endsAlways(one);
    });
    if (hasFailed) {
      for (const { one, look } of unwell) {
        if (endsAlways(one)) say(`${one.name} ends again and again; see ${toLog(one)}`);
        for (const line of toProblemLines(one, look)) say(line);
      }
      throw new LeixError("network/services-failing", unwell.map(({ one }) => one.name).join(", "));
    }
    if (now - begun > TELL_MS) for (const line of toWaitingLines(needed)) tell(line);
    await pause(LOOK_MS, undefined, { signal });
  }
}

async function lookAt({ health }: WatchedService, signal: AbortSignal): Promise<Look> {
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const answer = HealthAnswer.parse(await (await fetch(health, { signal: either })).json());
    return { answer, wrong: answer.problems.filter((text) => !answer.warnings.includes(text)) };
  } catch {
    signal.throwIfAborted();
    return { answer: undefined, wrong: [] };
  }
}

function isWell({ answer, wrong }: Look): boolean {
  return answer !== undefined && !answer.starting && wrong.length === 0;
}

/** One line for those who say the same. */
function toWaitingLines(needed: readonly Looked[]): string[] {
  const waited = needed.filter(({ look }) => !isWell(look));
  const texts = Map.groupBy(waited, ({ look }) => look.wrong[0] ?? "no answer yet");
  return [...texts].map(([text, all]) => `waiting for ${all.map(({ one }) => one.name).join(", ")}: ${text}`);
}

function toLog({ name }: WatchedService): string {
  return `log/${name}.log in the network folder`;
}

/** Each with what to do, where its text has a code. */
function toProblemLines(one: WatchedService, { answer }: Look): string[] {
  const { name } = one;
  if (!answer) return [`${name} does not answer; see ${toLog(one)}`];
  return answer.problems.map((problem) => {
    const code = findErrorCode(problem);
    return `${name}: ${problem}${code ? `. ${ERRORS[code].todo}` : ""}`;
  });
}
