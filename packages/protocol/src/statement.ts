import { z } from "zod";
import {
  AccountId,
  AgencyId,
  CountryCode,
  Digest,
  ExchangeId,
  GroupId,
  KeyId,
  NumericDate,
  ServiceId,
} from "./ids.ts";
import { COMPACT_JWS } from "./jws.ts";
import { RegisteredKey } from "./keys.ts";
import {
  EPOCH_SECONDS_MAX,
  GROUP_MEMBERS_MAX,
  KEYS_MAX,
  POLICY_FILES_MAX,
  PROOF_CHARACTERS_MAX,
  PROOFS_MAX,
  RESERVED_ACCOUNTS_MAX,
  STATEMENT_BYTES_MAX,
  WITNESSES_MAX,
} from "./limits.ts";
import { ExchangeStatistics, StatisticsPeriod } from "./statistics.ts";
import {
  AgencyRole,
  AgencyType,
  Classification,
  CrimeArea,
  DataClass,
  DeadlineProfile,
  Language,
  PartyStatus,
  PersonalBasis,
  Purpose,
  RefusalOption,
} from "./vocabulary.ts";

export const STATEMENT_TYP = "leix-statement+jwt";

const common = { v: z.literal(1), aud: ExchangeId, iat: NumericDate, version: z.int().min(1) };
const keys = z.array(RegisteredKey).min(1).max(KEYS_MAX);
/**
 * By each of the keys that can sign, and by the account's identity, that whoever has it wants it registered:
 * compact JWS (`verifyPossession`).
 */
const proofs = z.array(z.string().max(PROOF_CHARACTERS_MAX).regex(COMPACT_JWS)).max(PROOFS_MAX);
/** The account's identity, and the keys that may sign its users (the identity key itself stays offline). */
const account = z.strictObject({ id: AccountId, signers: z.array(AccountId).min(1).max(4) });
/**
 * Every character of the basic plane but control, format, line-separating and private ones. Written out, for
 * a class such as `\p{Cf}` means something else to a JSON Schema validator without the `u` flag.
 */
const VISIBLE_RANGES = [
  " -~",
  String.raw`\u00a0-\u00ac\u00ae-\u061b\u061d-\u200a`,
  String.raw`\u2010-\u2027\u202f-\u205f\u2070-\ud7ff`,
  String.raw`\uf900-\ufefe\uff00-\ufff8`,
];
const VISIBLE = new RegExp(`^[${VISIBLE_RANGES.join("")}]+$`);
/** For people to read, on terminals and in lists. */
const name = z.string().min(1).max(120).regex(VISIBLE);

/** Record 0. Trusted because its key's thumbprint is given to every party beforehand. */
export const AnchorStatement = z.strictObject({
  ...common,
  kind: z.literal("anchor"),
  iss: z.literal("anchor"),
  subject: z.literal("anchor"),
  version: z.literal(1),
  keys,
  account,
  /** Under which the policy service's own clock stands in OUT: one of the broker's, and no party's. */
  clockAccount: AccountId,
  /** The policy service's first keys, which sign this very record. */
  policyKeys: keys,
  proofs,
  /** So many country authorities must sign a policy set before it is in force. */
  policySetThreshold: z.int().min(1).max(100),
  /** So many countries must cosign a checkpoint before it is relied on. None where absent. */
  witnessQuorum: z.int().min(0).max(WITNESSES_MAX).optional(),
  /** So long is an epoch of the ledger, from its first record on. A calendar year in UTC where absent. */
  epochSeconds: z.int().min(1).max(EPOCH_SECONDS_MAX).optional(),
  /** The highest classification this exchange is accredited to carry. */
  channelCeiling: Classification,
  /**
   * The broker's own accounts, which no party may ever name as its own: the registry would change them.
   */
  reservedAccounts: z.array(AccountId).max(RESERVED_ACCOUNTS_MAX),
});

/** Keys of the exchange's own services. */
export const ServiceStatement = z.strictObject({
  ...common,
  kind: z.literal("service"),
  iss: z.literal("anchor"),
  subject: ServiceId,
  keys,
  proofs,
  status: PartyStatus,
});

export const AuthorityStatement = z.strictObject({
  ...common,
  kind: z.literal("authority"),
  iss: z.literal("anchor"),
  subject: CountryCode,
  name,
  keys,
  account,
  proofs,
  /** Accepted languages, the preferred one first. */
  languages: z.array(Language).min(1).max(10),
  /** IANA time zone in which this country's calendar days are counted. */
  zone: z.string().regex(/^[A-Z][A-Za-z0-9_+-]{1,30}(?:\/[A-Z][A-Za-z0-9_+-]{1,30}){0,2}$/),
  spoc: AgencyId,
  /** What this country's own law gives out with a judge's leave only. None where absent. */
  judicial: z.array(DataClass).max(DataClass.options.length).optional(),
  status: PartyStatus,
});

export const AgencyStatement = z.strictObject({
  ...common,
  kind: z.literal("agency"),
  iss: CountryCode,
  subject: AgencyId,
  name,
  type: AgencyType,
  role: AgencyRole,
  /** Areas of crime that it works in, as computer crime for a CERT; all where absent. */
  crimes: z.array(CrimeArea).min(1).max(CrimeArea.options.length).optional(),
  /** Purposes that it may exchange for; all that are lawful where absent. */
  purposes: z.array(Purpose).min(1).max(Purpose.options.length).optional(),
  /** None where all of them are in wrong hands: then it cannot be active. */
  keys: z.array(RegisteredKey).max(KEYS_MAX),
  account,
  proofs,
  status: PartyStatus,
});

/** Apart from the agency's own statement, so that who is cleared for what is told to nobody but auditors. */
export const ClearanceStatement = z.strictObject({
  ...common,
  kind: z.literal("clearance"),
  iss: CountryCode,
  subject: AgencyId,
  level: Classification,
});

/**
 * What two countries agreed; in force once both authorities have signed the same version and content, and
 * ended as soon as one of them has signed a version that says so.
 */
export const TermsContent = z.strictObject({
  ended: z.boolean(),
  /** LED 35 to 38: the bases on which personal data may travel; none where the list is empty. */
  personal: z.array(PersonalBasis).max(PersonalBasis.options.length),
  ceiling: Classification,
  profile: DeadlineProfile,
  /** Purposes beyond prevention, detection and investigation. */
  purposes: z.array(Purpose).max(Purpose.options.length),
  /** Grounds of Dir 6(1)(g) that the two use against each other; both where absent. */
  refusals: z.array(RefusalOption).max(RefusalOption.options.length).optional(),
});
export type TermsContent = z.infer<typeof TermsContent>;

/** `AL+RS`: the two codes in alphabetical order. */
export const CountryPair = z.string().regex(/^[A-Z]{2}\+[A-Z]{2}$/);

export const TermsStatement = z.strictObject({
  ...common,
  kind: z.literal("terms"),
  iss: CountryCode,
  subject: CountryPair,
  terms: TermsContent,
});

/** A named list of agencies. Whoever is in it may write to all of it; who gets what is decided one by one. */
export const GroupStatement = z.strictObject({
  ...common,
  kind: z.literal("group"),
  iss: CountryCode,
  subject: GroupId,
  name,
  members: z.array(AgencyId).min(2).max(GROUP_MEMBERS_MAX),
  ended: z.boolean(),
});
export type GroupStatement = z.infer<typeof GroupStatement>;

/** A key of an agency is in wrong hands, and may have been since then. It signs nothing from here on. */
export const CompromiseStatement = z.strictObject({
  ...common,
  kind: z.literal("compromise"),
  iss: CountryCode,
  subject: AgencyId,
  kid: KeyId,
  since: NumericDate,
});
export type CompromiseStatement = z.infer<typeof CompromiseStatement>;

/** What the anchor publishes of a year or a month: all that observers see. */
export const StatisticsStatement = z.strictObject({
  ...common,
  kind: z.literal("statistics"),
  iss: z.literal("anchor"),
  subject: StatisticsPeriod,
  statistics: ExchangeStatistics,
});
export type StatisticsStatement = z.infer<typeof StatisticsStatement>;

/** File names end in what they are: `P17.cedar`, `schema.cedarschema`. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,60}\.(?:cedar|cedarschema)$/);

/** One file of a policy set. The subject is the digest of its content, so it never changes. */
export const PolicyFileStatement = z.strictObject({
  ...common,
  kind: z.literal("policy-file"),
  iss: CountryCode,
  subject: Digest,
  version: z.literal(1),
  name: fileName,
  content: z.string().min(1).max(STATEMENT_BYTES_MAX),
});

/** One authority's signature under a policy set; in force when the threshold has signed the same manifest. */
export const PolicySetStatement = z.strictObject({
  ...common,
  kind: z.literal("policy-set"),
  iss: CountryCode,
  subject: z.literal("exchange"),
  files: z
    .array(z.strictObject({ name: fileName, digest: Digest }))
    .min(2)
    .max(POLICY_FILES_MAX),
  /** The deciders (versions of `step`) that may decide under this set. */
  deciders: z
    .array(z.string().regex(/^[0-9]{1,4}$/))
    .min(1)
    .max(20),
});
export type PolicySetStatement = z.infer<typeof PolicySetStatement>;

/** A signed change of the rules: membership, terms, groups, policy sets. */
export const Statement = z.discriminatedUnion("kind", [
  AnchorStatement,
  ServiceStatement,
  AuthorityStatement,
  AgencyStatement,
  ClearanceStatement,
  TermsStatement,
  GroupStatement,
  CompromiseStatement,
  StatisticsStatement,
  PolicyFileStatement,
  PolicySetStatement,
]);
export type Statement = z.infer<typeof Statement>;
export type StatementKind = Statement["kind"];
export type AgencyStatement = z.infer<typeof AgencyStatement>;
export type AuthorityStatement = z.infer<typeof AuthorityStatement>;
export type AnchorStatement = z.infer<typeof AnchorStatement>;

/** The pair's subject, whichever way round the countries are given. */
export function toCountryPair(one: CountryCode, other: CountryCode): string {
  return one < other ? `${one}+${other}` : `${other}+${one}`;
}

/** Every key that a statement registers. */
export function listStatementKeys(statement: Statement): readonly RegisteredKey[] {
  switch (statement.kind) {
    case "anchor":
      return [...statement.keys, ...statement.policyKeys];
    case "service":
    case "authority":
    case "agency":
      return statement.keys;
    case "clearance":
    case "terms":
    case "group":
    case "compromise":
    case "statistics":
    case "policy-file":
    case "policy-set":
      return [];
  }
}
