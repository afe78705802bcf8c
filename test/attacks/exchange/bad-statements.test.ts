import { type ErrorCode, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  type Forge,
  type Members,
  type Oddities,
  openForge,
  startTestExchange,
  type TestExchange,
  toNow,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let exchange: TestExchange;
let forge: Forge;
beforeAll(async () => {
  exchange = await startTestExchange();
  forge = await openForge(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

type Attack = readonly [
  name: string,
  by: string,
  code: ErrorCode,
  kind: string,
  subject: string,
  changes: (forge: Forge, exchange: TestExchange) => Members,
  oddities?: Oddities,
];

/** The keys and the account that another party has registered. */
function findStatement(made: Forge, subject: string): Members {
  const found = made.statements.find((one) => one.subject === subject && "keys" in one);
  if (!found) throw new Error(`no statement about ${subject}`);
  return { ...found };
}

const ATTACKS: readonly Attack[] = [
  [
    "an agency makes a statement about itself",
    "AL-CUSTOMS",
    "identity/issuer-not-account",
    "agency",
    "AL-CUSTOMS",
    () => ({ version: 2, role: "spoc" }),
    { signer: "AL-CUSTOMS" },
  ],
  [
    "an authority enrols an agency of another country",
    "AL",
    "statement/unauthorised",
    "agency",
    "RS-FIU",
    () => ({ iss: "AL", version: 2, status: "suspended" }),
  ],
  [
    "an authority clears an agency of another country",
    "AL",
    "statement/unauthorised",
    "clearance",
    "RS-FIU",
    () => ({ iss: "AL", version: 2, level: "secret" }),
  ],
  [
    "an authority signs for another authority",
    "AL",
    "identity/issuer-not-account",
    "clearance",
    "RS-FIU",
    () => ({ version: 2, level: "secret" }),
  ],
  [
    "terms between two other countries",
    "AL",
    "statement/unauthorised",
    "terms",
    "ME+RS",
    () => ({ iss: "AL", version: 2 }),
  ],
  [
    "a version that was there already, with other content",
    "AL",
    "statement/version",
    "clearance",
    "AL-CUSTOMS",
    () => ({ level: "secret" }),
  ],
  [
    "a version that leaves one out",
    "AL",
    "statement/version",
    "clearance",
    "AL-CUSTOMS",
    () => ({ version: 3 }),
  ],
  [
    "another party's key as one's own",
    "AL",
    "statement/key-taken",
    "agency",
    "AL-CUSTOMS",
    (made) => ({ version: 2, keys: findStatement(made, "RS-FIU").keys }),
  ],
  [
    "another party's account as one's own",
    "AL",
    "statement/key-taken",
    "agency",
    "AL-CUSTOMS",
    (made) => ({ version: 2, account: findStatement(made, "RS-FIU").account }),
  ],
  [
    "the broker's own account as one's own",
    "AL",
    "statement/key-taken",
    "agency",
    "AL-SPOC",
    (_made, { network }) => ({
      version: 2,
      account: { id: network.brokerAccount, signers: [network.brokerAccount] },
    }),
  ],
  [
    "an authority makes itself another one",
    "AL",
    "identity/issuer-not-account",
    "authority",
    "AL",
    () => ({ version: 2, zone: "Europe/Paris" }),
    { signer: "AL" },
  ],
  [
    "a statement for another exchange",
    "AL",
    "claims/audience",
    "clearance",
    "AL-CUSTOMS",
    () => ({ aud: "other.leix.example", version: 2 }),
  ],
  [
    "a statement from the future",
    "AL",
    "claims/issued-in-future",
    "clearance",
    "AL-CUSTOMS",
    () => ({ iat: toNow() + 3_600, version: 2 }),
  ],
  [
    "the clearance of an agency that nobody knows",
    "AL",
    "statement/subject",
    "clearance",
    "AL-CUSTOMS",
    () => ({ subject: "AL-NOBODY" }),
  ],
  [
    "a policy set with a file that is not recorded",
    "AL",
    "statement/policy-set",
    "policy-set",
    "exchange",
    () => ({
      iss: "AL",
      version: 2,
      files: [
        { name: "base.cedar", digest: toDigest("permit all") },
        { name: "schema.cedarschema", digest: toDigest("nothing") },
      ],
    }),
  ],
  ["a second anchor", "anchor", "statement/version", "anchor", "anchor", () => ({ policySetThreshold: 1 })],
];

test.each(ATTACKS.map((attack) => [attack[0], attack] as const))("%s", async (_name, attack) => {
  const [, by, code, kind, subject, toChanges, oddities] = attack;
  const bytes = await forge.statement(kind, subject, toChanges(forge, exchange), oddities);
  const wire = await exchange.wire(by);
  const raw = toDigest(bytes);
  await wire.publish(bytes);
  const { kind: answered, decision } = await wire.untilAnswered(raw);
  expect(answered).toBe("rejection");
  expect(decision.content).toMatchObject({ code, input: { digest: raw } });
});

test("after all of it the membership is as it was, and the auditor agrees", async () => {
  const records = await exchange.records();
  const rejected = records.filter(({ kind }) => kind === "rejection").length;
  expect(rejected).toBe(ATTACKS.length);
  expect(records.length - rejected).toBe(forge.statements.length);
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
