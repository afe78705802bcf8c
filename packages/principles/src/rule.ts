import { LeixError, type MessageKind, PolicyId, RuleId } from "@leix/protocol";
import { z } from "zod";
import { TERM } from "./due.ts";

const Line = z.string().min(1).max(400);
const Confidence = z.enum(["V", "S", "K"]);
const Disclosure = z.enum(["sender", "auditor"]);
/** `originators` and `holders` are no recipients: they are told by notices. */
const DutyParty = z.enum(["sender", "recipient", "originators", "holders"]);
export type Confidence = z.infer<typeof Confidence>;
export type Disclosure = z.infer<typeof Disclosure>;
export type DutyParty = z.infer<typeof DutyParty>;

const ProhibitionAnnotations = z.strictObject({
  id: PolicyId,
  principle: Line,
  rule: Line,
  source: Line,
  link: z.string().regex(/^https?:\/\/\S+$/),
  confidence: Confidence,
  disclosure: Disclosure,
  obligation: z
    .string()
    .regex(/^[a-z][a-z-]{1,60}$/)
    .optional(),
  party: DutyParty.optional(),
  /** A term (`TERM`) that begins when the exchange receives the message. */
  due: z.string().regex(TERM).optional(),
});

const PermissionAnnotations = z.strictObject({ id: z.literal("base"), principle: Line, rule: Line });

/**
 * One prohibition of a policy set, as its annotations describe it. Not part of the Cedar engine's
 * judgement.
 */
export interface Rule {
  /** Unique in the set: the rule's id, or the rule's id and a part. */
  readonly policy: PolicyId;
  readonly rule: RuleId;
  readonly principle: string;
  readonly text: string;
  readonly source: string;
  readonly link: string;
  /** How sure we are of the least certain source named: read in the text, confirmed elsewhere, or known. */
  readonly confidence: Confidence;
  /**
   * `auditor`: naming the rule to the sender would tell it what exists, what is consented, or who is
   * cleared.
   */
  readonly disclosure: Disclosure;
  /** Set where the policy stops nothing but lets the delivery pass on condition of a duty. */
  readonly duty?: { readonly name: string; readonly party: DutyParty; readonly term?: string };
  /** The kinds of message that the policy's head names; undefined for all. */
  readonly kinds?: readonly string[];
}

/** Throws `statement/policy-set` where an annotation is missing, unknown or malformed. */
export function parseRule(file: string, annotations: unknown, kinds: readonly string[] | undefined): Rule {
  const parsed = ProhibitionAnnotations.safeParse(annotations);
  if (!parsed.success) throw refuseAnnotations(file, parsed.error);
  const { id, rule, obligation, party, due, ...rest } = parsed.data;
  if ((obligation === undefined) !== (party === undefined)) {
    throw new LeixError("statement/policy-set", `${file}: ${id}: @obligation and @party go together`);
  }
  if (due !== undefined && obligation === undefined) {
    throw new LeixError("statement/policy-set", `${file}: ${id}: @due without @obligation`);
  }
  return {
    ...rest,
    policy: id,
    rule: RuleId.parse(id.slice(0, 3)),
    text: rule,
    ...(obligation === undefined || party === undefined
      ? {}
      : { duty: { name: obligation, party, ...(due === undefined ? {} : { term: due }) } }),
    ...(kinds === undefined ? {} : { kinds }),
  };
}

/** Throws `statement/policy-set` where the one permission is not annotated as such. */
export function parsePermission(file: string, annotations: unknown): void {
  const parsed = PermissionAnnotations.safeParse(annotations);
  if (!parsed.success) throw refuseAnnotations(file, parsed.error);
}

export function isChecked(rule: Rule, kind: MessageKind): boolean {
  return rule.kinds === undefined || rule.kinds.includes(kind);
}

function refuseAnnotations(file: string, error: z.ZodError): LeixError {
  const members = error.issues.map((issue) => {
    const names = issue.code === "unrecognized_keys" ? issue.keys : issue.path.map(String);
    return `@${names.join(", @")}`;
  });
  return new LeixError("statement/policy-set", `${file}: annotation ${members.join(", ")}`, { cause: error });
}
