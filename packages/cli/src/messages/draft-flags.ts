import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import type { Archive, BodyText, Draft } from "@leix/client";
import { LeixError } from "@leix/protocol";
import { parseDeadline } from "./durations.ts";
import { toOffence, toPersonal } from "./personal-flags.ts";
import type { SendFlags } from "./send-flags.ts";
import { toFlag } from "./words.ts";

export interface DraftContext {
  readonly archive: Pick<Archive, "findRef">;
  readonly nowMs: number;
  /** Who runs the command, where no officer is named. */
  readonly userName: string;
  readonly stdin: NodeJS.ReadableStream;
}

/**
 * A draft of what the flags say. The node checks every value against the protocol before anything is stored;
 * here it is only made sure that each kind has what is its own. Throws `command/arguments`,
 * `client/not-found`, `client/id-ambiguous`.
 */
export async function toDraft(flags: SendFlags, context: DraftContext): Promise<Draft> {
  refuseMissing(flags);
  refuseForeign(flags);
  if (flags.to === undefined && flags.group === undefined) {
    throw new LeixError("command/arguments", "nobody is addressed: --to or --group");
  }
  const body = await toBody(flags, context.stdin);
  const draft = {
    kind: flags.kind,
    to: flags.to ?? [],
    group: flags.group,
    copies: flags.copy,
    re: flags.re === undefined ? undefined : context.archive.findRef(flags.re),
    case: flags.case,
    officer: { name: flags.officer ?? context.userName, role: flags.officerRole },
    body,
    ...toMarkings(flags, context),
    ...toKindsOwn(flags, context),
  };
  if (flags.kind === "request" && body === undefined) {
    throw new LeixError("command/arguments", "a request says what is asked: --text or --text-file");
  }
  // What is checked when the message is composed: the protocol's own schema, on every member.
  return withoutUndefined(draft) as Draft;
}

type Needed = keyof SendFlags;

/** What the claims of a kind cannot be without (`schemas/`). */
const NEEDED: Readonly<Record<string, readonly Needed[]>> = {
  answer: ["re"],
  refusal: ["re", "ground"],
  clarification: ["re"],
  delay: ["re", "reason", "until"],
  "consent-request": ["of", "recipients"],
  consent: ["of", "recipients", "purposes", "permits", "until"],
  "consent-withdrawal": ["re"],
  correction: ["re", "action"],
  acknowledgement: ["re", "status"],
  review: ["re"],
};

/** What only these kinds have in their claims. */
const OWN: Readonly<Partial<Record<Needed, readonly string[]>>> = {
  urgency: ["request"],
  access: ["request"],
  data: ["request"],
  of: ["consent", "consent-request"],
  recipients: ["consent", "consent-request"],
  purposes: ["consent"],
  permits: ["consent"],
  until: ["consent", "delay"],
  ground: ["refusal"],
  partial: ["refusal"],
  reason: ["delay"],
  override: ["notification"],
  action: ["correction"],
  status: ["acknowledgement"],
};

function refuseMissing(flags: SendFlags): void {
  const missing = (NEEDED[flags.kind] ?? []).filter((name) => flags[name] === undefined);
  if (missing.length === 0) return;
  throw new LeixError("command/arguments", `--kind ${flags.kind} needs ${missing.map(toFlag).join(", ")}`);
}

/** Said for nothing, it would be missed by whoever said it. */
function refuseForeign(flags: SendFlags): void {
  const foreign = Object.entries(OWN).filter(([name, kinds]) => {
    return flags[name as Needed] !== undefined && !kinds.includes(flags.kind);
  });
  const [name, kinds] = foreign[0] ?? [];
  if (name === undefined || kinds === undefined) return;
  throw new LeixError("command/arguments", `${toFlag(name)} is for --kind ${kinds.join(" and ")} only`);
}

function toMarkings(flags: SendFlags, { archive, nowMs }: DraftContext): object {
  if (flags.kind === "acknowledgement") return {};
  const { evaluation } = flags;
  return {
    purpose: flags.purpose,
    handling: flags.handling,
    classification: flags.classification,
    derivedFrom: flags.derivedFrom?.map(archive.findRef),
    consents: flags.consent?.map(archive.findRef),
    crime: flags.crime,
    offence: flags.offence === undefined ? undefined : toOffence(flags.offence),
    personal: toPersonal(flags, nowMs),
    deleteBy: flags.deleteBy === undefined ? undefined : parseDeadline(flags.deleteBy, nowMs),
    language: flags.language,
    legalBasis: flags.legalBasis,
    evaluation: evaluation ? { source: evaluation.slice(0, 1), information: evaluation.slice(1) } : undefined,
    evidenceUse: flags.evidenceUse,
    spocException: flags.spocException,
  };
}

function toKindsOwn(flags: SendFlags, { archive, nowMs }: DraftContext): object {
  const until = flags.until === undefined ? undefined : parseDeadline(flags.until, nowMs);
  const of = flags.of === undefined ? undefined : archive.findRef(flags.of);
  const { recipients, purposes, permits } = flags;
  switch (flags.kind) {
    case "request":
      return {
        urgency: flags.urgency ? { ground: flags.urgency } : undefined,
        access: flags.access,
        data: flags.data,
      };
    case "notification":
      return { override: flags.override ? { code: flags.override } : undefined };
    case "refusal":
      return { ground: flags.ground, partial: flags.partial };
    case "delay":
      return { reason: flags.reason, until };
    case "consent-request":
      return { of, recipients };
    case "consent":
      return { grant: { of, recipients, purposes, permits, until } };
    case "correction":
      return { action: flags.action };
    case "acknowledgement":
      return { status: flags.status };
    default:
      return {};
  }
}

/** Undefined where nothing is said: a message may do without words. */
async function toBody(flags: SendFlags, stdin: NodeJS.ReadableStream): Promise<BodyText | undefined> {
  const text = flags.textFile === undefined ? flags.text : await readText(flags.textFile, stdin);
  const rest = withoutUndefined({
    nationalReference: flags.reference,
    facts: flags.facts,
    grounds: flags.grounds,
    personLink: flags.personLink,
    persons: flags.person,
    useRestriction: flags.useRestriction,
    urgencyReason: flags.urgencyReason,
    caveat: flags.caveat,
    relevance: flags.relevance,
    strictNecessity: flags.strictNecessity,
    justification: flags.justification,
  });
  if (text !== undefined) return { text, ...rest };
  const [first] = Object.keys(rest);
  if (first === undefined) return undefined;
  throw new LeixError("command/arguments", "what is said beside the text needs --text or --text-file");
}

async function readText(file: string, stdin: NodeJS.ReadableStream): Promise<string> {
  try {
    return file === "-" ? await readAll(stdin) : await readFile(file, "utf8");
  } catch (cause) {
    throw new LeixError("command/arguments", `--text-file: cannot read ${file}`, { cause });
  }
}

/** Plain objects in it too: those that a part of the draft is made of. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: NonNullable<T[K]> } {
  const present = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => [name, isPlain(member) ? withoutUndefined(member) : member]);
  return Object.fromEntries(present) as { [K in keyof T]: NonNullable<T[K]> };
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
