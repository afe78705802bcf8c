import { toDigest } from "@leix/protocol";
import { checkExactlyOnce, createSigner, type Members, toNow } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, startAssault } from "../assault.ts";
import { type Attack, attackWith, type Row } from "./statement-attacks.ts";

/** Statements by whoever may not make them. The attacker here is a country's own authority, AL. */
let assault: Assault;
let recorded = 0;
beforeAll(async () => {
  assault = await startAssault();
  recorded = assault.forge.statements.length;
});
afterAll(() => assault?.[Symbol.asyncDispose]());

const holds = (rows: readonly Row[]) => attackWith(() => assault, rows);

const agency = (changes: Members = {}) => ({ version: 2, ...changes });

describe("an authority that speaks for another country", () => {
  holds([
    [
      "suspends an agency of it",
      "statement/unauthorised",
      { kind: "agency", subject: "RS-FIU", changes: () => agency({ iss: "AL", status: "suspended" }) },
    ],
    [
      "clears an agency of it",
      "statement/unauthorised",
      { kind: "clearance", subject: "RS-FIU", changes: () => agency({ iss: "AL", level: "secret" }) },
    ],
    [
      "agrees terms between two others",
      "statement/unauthorised",
      { kind: "terms", subject: "ME+RS", changes: () => agency({ iss: "AL" }) },
    ],
    [
      "agrees terms in the other's name",
      "identity/issuer-not-account",
      { kind: "terms", subject: "AL+RS", changes: () => agency({ iss: "RS" }) },
    ],
    [
      "agrees terms in the other's name, with its own key",
      "identity/issuer-not-account",
      { kind: "terms", subject: "AL+RS", changes: () => agency({ iss: "RS" }), oddities: { signer: "AL" } },
    ],
    [
      "agrees terms with a country that nobody knows",
      "statement/subject",
      { kind: "terms", subject: "AL+RS", changes: () => agency({ iss: "AL", subject: "AL+XK" }) },
    ],
    [
      "agrees terms with itself",
      "statement/subject",
      { kind: "terms", subject: "AL+RS", changes: () => agency({ iss: "AL", subject: "AL+AL" }) },
    ],
    [
      "signs what the other's authority would",
      "identity/issuer-not-account",
      { kind: "clearance", subject: "RS-FIU", changes: () => agency({ level: "secret" }) },
    ],
    [
      "signs a policy set in the other's name",
      "identity/issuer-not-account",
      {
        kind: "policy-set",
        subject: "exchange",
        changes: () => agency({ iss: "RS" }),
        oddities: { signer: "AL" },
      },
    ],
  ]);
});

describe("a chain that is broken", () => {
  holds([
    [
      "an agency makes a statement about itself",
      "identity/issuer-not-account",
      {
        kind: "agency",
        subject: ATTACKER,
        changes: () => agency({ role: "spoc" }),
        by: ATTACKER,
        oddities: { signer: ATTACKER },
      },
    ],
    [
      "an agency makes one in its authority's name, over its own account",
      "identity/issuer-not-account",
      { kind: "clearance", subject: ATTACKER, changes: () => agency({ level: "secret" }), by: ATTACKER },
    ],
    [
      "an agency as the issuer",
      "input/schema",
      {
        kind: "clearance",
        subject: ATTACKER,
        changes: () => agency({ iss: ATTACKER }),
        by: ATTACKER,
        oddities: { signer: ATTACKER },
      },
    ],
    [
      "an agency by the anchor",
      "input/schema",
      { kind: "agency", subject: ATTACKER, changes: () => agency({ iss: "anchor" }), by: "anchor" },
    ],
    [
      "an authority makes itself another one",
      "identity/issuer-not-account",
      {
        kind: "authority",
        subject: "AL",
        changes: () => agency({ zone: "Europe/Paris" }),
        oddities: { signer: "AL" },
      },
    ],
    [
      "an authority makes a service of the exchange",
      "identity/issuer-not-account",
      { kind: "service", subject: "ledger", changes: () => agency(), oddities: { signer: "AL" } },
    ],
    [
      "an authority that signs with an agency's key",
      "identity/issuer-not-account",
      { kind: "clearance", subject: ATTACKER, changes: () => agency(), oddities: { signer: "AL-SPOC" } },
    ],
    [
      "an authority that signs with a key nobody registered",
      "jws/key-unknown",
      {
        kind: "clearance",
        subject: ATTACKER,
        changes: () => agency(),
        oddities: { key: createSigner().key },
      },
    ],
    [
      "a second anchor",
      "statement/version",
      { kind: "anchor", subject: "anchor", changes: () => ({ policySetThreshold: 1 }), by: "anchor" },
    ],
    [
      "a second anchor by an authority",
      "identity/issuer-not-account",
      {
        kind: "anchor",
        subject: "anchor",
        changes: () => ({ policySetThreshold: 1 }),
        oddities: { signer: "AL" },
      },
    ],
    [
      "the clearance of an agency that nobody knows",
      "statement/subject",
      { kind: "clearance", subject: ATTACKER, changes: () => ({ subject: "AL-NOBODY" }) },
    ],
    [
      "a contact point of another country",
      "statement/unauthorised",
      { kind: "authority", subject: "AL", changes: () => agency({ spoc: "RS-SPOC" }), by: "anchor" },
    ],
    [
      "a policy set with a file that is not recorded",
      "statement/policy-set",
      {
        kind: "policy-set",
        subject: "exchange",
        changes: () =>
          agency({
            iss: "AL",
            files: [
              { name: "base.cedar", digest: toDigest("permit all") },
              { name: "schema.cedarschema", digest: toDigest("nothing") },
            ],
          }),
      },
    ],
  ]);

  it("an authority's statement under the kid of the anchor: jws/signature-invalid", async () => {
    const { alg, kid } = await assault.forge.signingKey("anchor");
    const header = { header: { alg, kid } };
    const bytes = await assault.forge.statement("clearance", ATTACKER, agency(), header);
    await assault.refused(bytes, "jws/signature-invalid", "AL");
  });

  it("a policy file under another's digest: statement/policy-set", async () => {
    const file = assault.forge.statements.find(({ kind }) => kind === "policy-file");
    const changes = { iss: "AL", content: "permit(principal, action, resource);", subject: toDigest("else") };
    const bytes = await assault.forge.statement("policy-file", String(file?.subject), changes);
    await assault.refused(bytes, "statement/policy-set", "AL");
  });
});

describe("another version, exchange or time", () => {
  holds([
    [
      "a version that was there already, with other content",
      "statement/version",
      { kind: "clearance", subject: ATTACKER, changes: () => ({ level: "secret" }) },
    ],
    [
      "a version that leaves one out",
      "statement/version",
      { kind: "clearance", subject: ATTACKER, changes: () => ({ version: 3 }) },
    ],
    [
      "the last version there is",
      "statement/version",
      { kind: "terms", subject: "AL+RS", changes: () => ({ iss: "AL", version: Number.MAX_SAFE_INTEGER }) },
    ],
    ["version 0", "input/schema", { kind: "clearance", subject: ATTACKER, changes: () => ({ version: 0 }) }],
    [
      "for another exchange",
      "claims/audience",
      { kind: "clearance", subject: ATTACKER, changes: () => agency({ aud: "other.leix.example" }) },
    ],
    [
      "from the future",
      "claims/issued-in-future",
      { kind: "clearance", subject: ATTACKER, changes: () => agency({ iat: toNow() + 3_600 }) },
    ],
  ]);
});

describe("a name that is more than a name", () => {
  const named = (name: string): Attack => ({
    kind: "agency",
    subject: ATTACKER,
    changes: () => agency({ name }),
  });
  const called = (subject: string): Attack => ({
    kind: "agency",
    subject: ATTACKER,
    changes: () => agency({ subject, version: 1 }),
  });
  holds([
    ["an escape for terminals", "input/schema", named("Customs\u001b[2J")],
    ["text that runs backwards", "input/schema", named("Customs\u202egnitroper")],
    ["a line of its own in a log", "input/schema", named("Customs\n{}")],
    ["a wildcard of the broker", "input/schema", called("AL-*")],
    ["a template of the broker", "input/schema", called("AL-{{name()}}")],
    ["subjects within subjects", "input/schema", called("AL-A.B.>")],
    ["a path", "input/schema", called("AL-../../anchor")],
    ["in other letters that look the same", "input/schema", called("AL-\u0421USTOMS")],
  ]);
});

it("after all of it the membership is as it was, and the auditor agrees", async () => {
  const records = await assault.exchange.records();
  expect(records.filter(({ kind }) => kind === "statement").length).toBe(recorded);
  expect(records.filter(({ kind }) => kind === "rejection").length).toBeGreaterThan(30);
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
