import { type Digest, encodeCanonical, LeixError, limits, type MessageKind, toDigest } from "@leix/protocol";
import { createEngine, type Engine, parseSchema, validateStrictly } from "./engine.ts";
import { refuseOtherSchema } from "./fact-schema.ts";
import { FACT_NAMES, type FactName, type Facts, type FactValues, listTelling } from "./facts.ts";
import { createJudge, type Judgement } from "./judgement.ts";
import { POLICY_SET_BYTES_MAX } from "./limits.ts";
import { parsePolicyFile, type SetPolicy } from "./policy-file.ts";
import { checkPolicyFile, toBytes } from "./policy-text.ts";
import { rememberJudgements } from "./remembered-judgements.ts";
import { isChecked, type Rule } from "./rule.ts";
import { createSlicedEngine, type MemoOptions } from "./sliced-engine.ts";

export const SCHEMA_FILE = "schema.cedarschema";

/** One file of a policy set, as a `policy-file` statement carries it. */
export interface PolicyFile {
  readonly name: string;
  readonly content: string;
}

/** A validated set of principles, ready to judge. Any number of sets can be in use at once. */
export interface PolicySet {
  /** Digest of the canonical manifest `[{digest, name}]`, sorted by name: what a decision names. */
  readonly digest: Digest;
  /** Every prohibition, sorted by policy id. */
  readonly rules: readonly Rule[];
  /** The facts that the policies asked about a message of this kind read, in the order of the list. */
  reads(kind: MessageKind): readonly FactName[];
  /**
   * What the principles say of one delivery. Throws `decision/engine` where Cedar reports a failure, and
   * never permits on one. Anything else thrown is fatal: see `Engine`.
   */
  judge(kind: MessageKind, facts: Facts): ToldJudgement;
  /** The same of the facts that are read, as `reads` has them. What was judged before is remembered. */
  judgeListed(kind: MessageKind, values: FactValues): ToldJudgement;
}

/** A judgement, and those of the facts read for it that say something. */
export interface ToldJudgement extends Judgement {
  readonly facts: Facts;
}

/**
 * Parses and validates a policy set: one schema, which declares exactly the facts this program derives; one
 * permit, `base`; else prohibitions with all their annotations, named after their files; nothing that
 * Cedar's strict mode doubts. Throws `statement/policy-set` otherwise; anything else thrown is fatal (see
 * `Engine`), and `checkPolicyFile` is there so that no text leads to it. `memoEntriesMax` 0 asks the engine
 * every time.
 */
export function loadPolicySet(files: readonly PolicyFile[], options: MemoOptions = {}): PolicySet {
  const sorted = sortFiles(files);
  const schema = sorted.find(({ name }) => name === SCHEMA_FILE)?.content ?? "";
  refuseOtherSchema(parseSchema(schema));
  const policies = parsePolicies(sorted);
  validateStrictly(schema, policies);
  const set = toPolicySet(sorted, policies, (name, some) => createSlicedEngine(name, some, options));
  return { ...set, judgeListed: rememberJudgements(set, options) };
}

/**
 * A set that was recorded, and so was validated by everyone who follows the ledger, opened to be asked a few
 * questions: it gives the same answers as `loadPolicySet`, and is neither validated again nor cut into rules,
 * which takes most of the time. Throws as that does for texts that Cedar must not see or cannot parse.
 */
export function openPolicySet(files: readonly PolicyFile[]): PolicySet {
  const sorted = sortFiles(files);
  const set = toPolicySet(sorted, parsePolicies(sorted), createWholeEngine);
  return { ...set, judgeListed: rememberJudgements(set, { memoEntriesMax: 0 }) };
}

/** In the manifest's order, and nothing among them that Cedar must not see. */
function sortFiles(files: readonly PolicyFile[]): readonly PolicyFile[] {
  const sorted = [...files].sort((one, other) => (one.name < other.name ? -1 : 1));
  refuseNames(sorted.map(({ name }) => name));
  refuseSize(sorted);
  return sorted;
}

function parsePolicies(files: readonly PolicyFile[]): readonly SetPolicy[] {
  const policies = files
    .filter(({ name }) => name !== SCHEMA_FILE)
    .flatMap(({ name, content }) => parsePolicyFile(name, content));
  refuseIds(policies);
  return policies;
}

function toPolicySet(
  sorted: readonly PolicyFile[],
  policies: readonly SetPolicy[],
  toEngine: (name: string, some: readonly SetPolicy[]) => Engine,
): Omit<PolicySet, "judgeListed"> {
  const manifest = sorted.map(({ name, content }) => ({ name, digest: toDigest(content) }));
  const digest = toDigest(encodeCanonical(manifest));
  const rules = policies.map(({ rule }) => rule).filter((rule) => rule !== undefined);
  rules.sort((one, other) => (one.policy < other.policy ? -1 : 1));
  const duties = policies.filter(({ rule }) => rule?.duty !== undefined);
  const gates = policies.filter(({ rule }) => rule?.duty === undefined);
  const judge = createJudge(rules, toEngine(`${digest}/gates`, gates), toEngine(`${digest}/duties`, duties));
  const reads = rememberReads(policies);
  return {
    ...{ digest, rules, reads },
    judge: (kind, facts) => ({ ...judge(kind, facts), facts: listTelling(facts, reads(kind)) }),
  };
}

/** Tells the policies only the facts that they read. */
function createWholeEngine(name: string, policies: readonly SetPolicy[]): Engine {
  const engine = createEngine(`${name}/whole`, policies);
  const reads = rememberReads(policies);
  return { ask: (kind, facts) => engine.ask(kind, facts, reads(kind)) };
}

/** Of each kind once, and of none that nobody asks about. */
function rememberReads(policies: readonly SetPolicy[]): PolicySet["reads"] {
  const known = new Map<MessageKind, readonly FactName[]>();
  return (kind) => {
    const names = known.get(kind) ?? listRead(policies, kind);
    known.set(kind, names);
    return names;
  };
}

function listRead(policies: readonly SetPolicy[], kind: MessageKind): FactName[] {
  const asked = policies.filter(({ rule }) => rule === undefined || isChecked(rule, kind));
  const names = new Set<string>(asked.flatMap(({ facts }) => facts));
  return FACT_NAMES.filter((name) => names.has(name));
}

function refuseNames(names: readonly string[]): void {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw refuse(`${repeated} is there twice`);
  if (!names.includes(SCHEMA_FILE)) throw refuse(`${SCHEMA_FILE} is missing`);
  if (names.length > limits.POLICY_FILES_MAX) {
    throw refuse(`${names.length} of at most ${limits.POLICY_FILES_MAX} files`);
  }
}

/** Before Cedar sees any of it. */
function refuseSize(files: readonly PolicyFile[]): void {
  for (const { name, content } of files) checkPolicyFile(name, content);
  const bytes = files.reduce((sum, { content }) => sum + toBytes(content), 0);
  if (bytes > POLICY_SET_BYTES_MAX) throw refuse(`${bytes} of at most ${POLICY_SET_BYTES_MAX} bytes`);
}

function refuseIds(policies: readonly SetPolicy[]): void {
  const ids = policies.map(({ id }) => id);
  const repeated = ids.find((id, i) => ids.indexOf(id) !== i);
  if (repeated !== undefined) throw refuse(`@id("${repeated}") is there twice`);
  const permits = policies.filter(({ rule }) => rule === undefined).length;
  if (permits !== 1) throw refuse(`${permits} permits instead of exactly one`);
}

function refuse(detail: string): LeixError {
  return new LeixError("statement/policy-set", detail);
}
