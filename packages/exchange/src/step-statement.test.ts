import { type AgencyId, type ErrorCode, limits } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import {
  toAccountOf,
  toAgency,
  toAnchor,
  toAuthority,
  toClearance,
  toPolicySet,
  toTerms,
} from "./genesis.testkit.ts";
import { decideOn, startTestLedger, toWord } from "./ledger.testkit.ts";
import { createLayer } from "./state.ts";
import {
  createWorld,
  NOW,
  type Sent,
  type SignerName,
  toAccount,
  toEncryptionKey,
  toRegisteredKey,
} from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

async function decide(...sent: readonly Promise<Sent>[]): Promise<string[]> {
  const inputs = (await Promise.all(sent)).map(({ input }) => input);
  return (await decideOn(world, createLayer(ledger.state), inputs)).map(toWord);
}

type Case = [string, Parameters<typeof world.statement>, ErrorCode | "statement"];

function check(cases: readonly Case[]): void {
  test.each(cases)("%s", async (_name, args, word) => {
    expect(await decide(world.statement(...args))).toEqual([word]);
  });
}

const own = [toRegisteredKey("AL-SPOC"), toEncryptionKey("AL-SPOC")];
const spare = toRegisteredKey("spare");
const v2 = { version: 2 };
const skew = limits.CLOCK_SKEW_SECONDS_MAX;

describe("who may say what", () => {
  check([
    ["an agency by its own country", ["AL", toAgency("AL-SPOC", v2)], "statement"],
    ["an agency by another country", ["RS", toAgency("AL-SPOC", v2)], "statement/unauthorised"],
    ["a clearance by another country", ["RS", toClearance("AL-SPOC", v2)], "statement/unauthorised"],
    ["a clearance of nobody", ["AL", toClearance("AL-NONE" as "AL-SPOC")], "statement/subject"],
    ["an authority by itself", ["AL", toAuthority("AL", v2)], "input/schema"],
    [
      "an authority by another, in the anchor's name",
      ["AL", { ...toAuthority("AL", v2), iss: "anchor" }],
      "identity/issuer-not-account",
    ],
    ["an agency by an agency", ["AL-SPOC", toAgency("AL-CUSTOMS", v2)], "input/schema"],
    ["terms of others", ["AL", toTerms({ subject: "MK+RS", version: 2 })], "statement/unauthorised"],
    ["terms with an unknown country", ["AL", toTerms({ subject: "AL+MK" })], "statement/subject"],
    ["terms in another order", ["AL", toTerms({ subject: "RS+AL", version: 2 })], "statement/subject"],
    ["terms with oneself", ["AL", toTerms({ subject: "AL+AL", version: 2 })], "statement/subject"],
    [
      "a SPOC of another country",
      ["anchor", toAuthority("AL", { ...v2, spoc: "RS-SPOC" as AgencyId })],
      "statement/unauthorised",
    ],
  ]);

  test("the anchor cannot be said a second time, whatever the content", async () => {
    const again = world.statement("anchor", toAnchor({ channelCeiling: "secret" }));
    expect(await decide(again)).toEqual(["statement/version"]);
  });

  test("an authority that is not active speaks for nobody", async () => {
    const suspended = world.statement("anchor", toAuthority("AL", { ...v2, status: "suspended" }));
    expect(await decide(suspended, world.statement("AL", toAgency("AL-SPOC", v2)))).toEqual([
      "statement",
      "identity/party-not-active",
    ]);
  });
});

describe("identity, audience and time", () => {
  const other = { ...toAgency("AL-SPOC", v2), aud: "other.example" as never };
  check([
    ["another exchange", ["AL", other], "claims/audience"],
    ["a little in the future", ["AL", { ...toAgency("AL-SPOC", v2), iat: NOW + skew }], "statement"],
    [
      "too far in the future",
      ["AL", { ...toAgency("AL-SPOC", v2), iat: NOW + skew + 1 }],
      "claims/issued-in-future",
    ],
    ["another's key", ["AL", toAgency("AL-SPOC", v2), { key: "RS" }], "identity/issuer-not-account"],
    ["another's account", ["AL", toAgency("AL-SPOC", v2), { through: "RS" }], "identity/issuer-not-account"],
    ["an account of nobody", ["AL", toAgency("AL-SPOC", v2), { through: "MK" }], "identity/account-unknown"],
    ["a key of nobody", ["AL", toAgency("AL-SPOC", v2), { key: "spare" }], "jws/key-unknown"],
    [
      "before the key's start",
      ["AL", toAgency("AL-SPOC", v2), { received: toRegisteredKey("AL").nbf - 1 }],
      "jws/key-not-valid",
    ],
    [
      "after the key's end",
      ["AL", toAgency("AL-SPOC", v2), { received: toRegisteredKey("AL").exp }],
      "jws/key-not-valid",
    ],
  ]);
});

describe("versions", () => {
  check([
    ["skipping one", ["AL", toAgency("AL-SPOC", { version: 3 })], "statement/version"],
    ["the same with other content", ["AL", toAgency("AL-SPOC", { name: "Other" })], "statement/version"],
    ["a clearance's next", ["AL", toClearance("AL-SPOC", { ...v2, level: "secret" })], "statement"],
    ["a clearance skipping one", ["AL", toClearance("AL-SPOC", { version: 3 })], "statement/version"],
    [
      "terms at the version in force",
      ["AL", toTerms({ terms: { ...toTerms().terms, ended: true } as never })],
      "statement/version",
    ],
    ["terms one above what anyone has signed", ["AL", toTerms({ version: 2 })], "statement"],
    ["terms skipping a number", ["AL", toTerms({ version: 3 })], "statement/version"],
    [
      "a policy set at the last version there is",
      ["AL", toPolicySet(world, { version: Number.MAX_SAFE_INTEGER })],
      "statement/version",
    ],
    [
      "a policy set at the version in force",
      ["AL", toPolicySet(world, { deciders: ["1", "1"] })],
      "statement/version",
    ],
  ]);
});

describe("keys and accounts belong to one party and one use", () => {
  const withKeys = (...keys: (typeof own)[number][]) => toAgency("AL-SPOC", { ...v2, keys });
  check([
    ["a new key", ["AL", withKeys(...own, spare)], "statement"],
    ["another's key", ["AL", withKeys(...own, toRegisteredKey("RS-FIU"))], "statement/key-taken"],
    ["another's encryption key", ["AL", withKeys(...own, toEncryptionKey("RS-FIU"))], "statement/key-taken"],
    ["the policy service's key", ["AL", withKeys(...own, toRegisteredKey("policy"))], "statement/key-taken"],
    ["a key twice", ["AL", withKeys(...own, spare, spare)], "statement/key-taken"],
    ["a key to cosign", ["AL", withKeys(...own, asCosigningKey("spare"))], "statement"],
    ["a signing key to cosign", ["AL", withKeys(asCosigningKey("AL-CUSTOMS"))], "statement/key-taken"],
    [
      "one key to sign and to cosign",
      ["AL", withKeys(spare, asCosigningKey("spare"))],
      "statement/key-taken",
    ],
    ["a signing key as encryption key", ["AL", withKeys(asEncryptionKey("AL-SPOC"))], "statement/key-taken"],
    [
      "a longer validity",
      ["AL", withKeys({ ...toRegisteredKey("AL-SPOC"), exp: NOW * 2 } as never)],
      "statement",
    ],
    [
      "another's account",
      ["AL", toAgency("AL-SPOC", { ...v2, account: toAccountOf("RS-SPOC") })],
      "statement/key-taken",
    ],
    [
      "an account of the broker's own",
      ["AL", toAgency("AL-SPOC", { ...v2, account: toAccountOf("BROKER") })],
      "statement/key-taken",
    ],
    [
      "another account than before",
      ["AL", toAgency("AL-SPOC", { ...v2, account: toAccountOf("MK-SPOC") })],
      "statement/key-taken",
    ],
    [
      "other signers of its account",
      [
        "AL",
        toAgency("AL-SPOC", { ...v2, account: { ...toAccountOf("AL-SPOC"), signers: [toAccount("NEW")] } }),
      ],
      "statement",
    ],
    [
      "an authority with an encryption key",
      ["anchor", toAuthority("AL", { ...v2, keys: [toEncryptionKey("spare")] })],
      "statement/key-taken",
    ],
    [
      "an authority with a key to cosign",
      ["anchor", toAuthority("AL", { ...v2, keys: [toRegisteredKey("AL"), asCosigningKey("spare")] })],
      "statement/key-taken",
    ],
    [
      "a service with a key to cosign",
      ["anchor", { kind: "service", subject: "ledger", keys: [asCosigningKey("spare")], status: "active" }],
      "statement/key-taken",
    ],
    [
      "a service with an agency's key",
      [
        "anchor",
        { kind: "service", subject: "ledger", keys: [toRegisteredKey("AL-SPOC")], status: "active" },
      ],
      "statement/key-taken",
    ],
    [
      "a service with an encryption key",
      ["anchor", { kind: "service", subject: "ledger", keys: [toEncryptionKey("spare")], status: "active" }],
      "statement/key-taken",
    ],
    [
      "a service",
      ["anchor", { kind: "service", subject: "ledger", keys: [toRegisteredKey("ledger")], status: "active" }],
      "statement",
    ],
  ]);

  test("a key to cosign signs no message and no other thing, and stays its agency's", async () => {
    const cosign = asCosigningKey("spare");
    const decided = decide(
      world.statement("AL", withKeys(...own, cosign)),
      world.message("AL-SPOC", ["RS-SPOC"], {}, { key: "spare" }),
      world.statement("AL", toAgency("AL-CUSTOMS", { version: 2, keys: [cosign] })),
      world.statement("AL", toAgency("AL-SPOC", { version: 3, keys: [...own, spare] })),
    );
    const taken = "statement/key-taken";
    expect(await decided).toEqual(["statement", "jws/key-use", taken, taken]);
  });

  test("a key that was withdrawn never comes back, not even to its own party", async () => {
    const statements = [
      world.statement("AL", toAgency("AL-SPOC", { version: 2, keys: [spare] })),
      world.statement("AL", toAgency("AL-SPOC", { version: 3, keys: own })),
      world.statement("AL", toAgency("AL-CUSTOMS", { version: 2, keys: own })),
    ];
    expect(await decide(...statements)).toEqual(["statement", "statement/key-taken", "statement/key-taken"]);
  });
});

function asCosigningKey(name: SignerName) {
  return toRegisteredKey(name, { use: "cosign" });
}

function asEncryptionKey(name: "AL-SPOC") {
  return { ...toRegisteredKey(name), use: "enc", alg: "ECDH-ES+A256KW" } as (typeof own)[number];
}
