import { encodeCanonical, encodeCanonicalBytes, limits } from "@leix/protocol";
import { forgeToken, malleate, type SigningPair, signText, toText } from "@leix/protocol/vectors";
import {
  checkExactlyOnce,
  createSigner,
  type Forged,
  type Members,
  signToken,
  toForged,
  untilIdle,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, listKeys, startAssault, VICTIMS } from "../assault.ts";
import { toProofs } from "../proofs.ts";

const TYP = "leix-message+jwt";

let assault: Assault;
/** The attacker's two keys: ES256 of the start, Ed25519 registered since. */
let strong: SigningPair;
let other: SigningPair;
beforeAll(async () => {
  assault = await startAssault();
  strong = await assault.pair();
  const { key, registered } = createSigner();
  other = { registered: registered as SigningPair["registered"], privateJwk: key.jwk };
  const keys = [...listKeys(assault.forge, ATTACKER), registered];
  const proofs = await toProofs(assault.forge, ATTACKER, keys, [key]);
  expect(await assault.state("AL", "agency", ATTACKER, { version: 2, keys, proofs })).toBe("recorded");
});
afterAll(() => assault?.[Symbol.asyncDispose]());

/** A proper message of the attacker, its token made anew: with any header, by any key. */
async function remake(header: Members, by: SigningPair): Promise<Uint8Array> {
  const { body, claims } = await assault.message();
  const token = forgeToken(encodeCanonical({ typ: TYP, ...header }), encodeCanonical(claims), by);
  return toForged(token, body, claims).bytes;
}

const name = ({ registered: { alg, kid } }: SigningPair) => ({ alg, kid });

it("either key of the attacker is good for what it is registered for (control)", async () => {
  for (const pair of [strong, other]) {
    const { body, claims, id } = await assault.message();
    const token = forgeToken(encodeCanonical({ typ: TYP, ...name(pair) }), encodeCanonical(claims), pair);
    const wire = await assault.exchange.wire(ATTACKER);
    await wire.publish(toForged(token, body, claims).bytes);
    expect((await wire.untilAnswered(id)).decision.outcome).toBe("permitted");
  }
});

describe("algorithm and curve confusion", () => {
  it("an ES256 key used as Ed25519: jws/algorithm", async () => {
    await assault.refused(await remake({ ...name(strong), alg: "Ed25519" }, strong), "jws/algorithm");
  });

  it("an Ed25519 key used as ES256: jws/algorithm", async () => {
    await assault.refused(await remake({ ...name(other), alg: "ES256" }, other), "jws/algorithm");
  });

  it("downgrade: one key's name, the other's algorithm and signature: jws/algorithm", async () => {
    await assault.refused(
      await remake({ ...name(other), kid: strong.registered.kid }, other),
      "jws/algorithm",
    );
    await assault.refused(
      await remake({ ...name(strong), kid: other.registered.kid }, strong),
      "jws/algorithm",
    );
  });

  it("downgrade: one key's name and algorithm, the other's signature: jws/signature-invalid", async () => {
    await assault.refused(await remake(name(strong), other), "jws/signature-invalid");
    await assault.refused(await remake(name(other), strong), "jws/signature-invalid");
  });

  it.each(["enc", "cosign"] as const)("a key that is registered to %s: jws/key-use", async (use) => {
    const kid = listKeys(assault.forge, ATTACKER).find((key) => key.use === use)?.kid;
    expect(kid).toBeDefined();
    await assault.refused(await remake({ ...name(strong), kid }, strong), "jws/key-use");
  });
});

describe("somebody else's key", () => {
  it("a key that nobody registered: jws/key-unknown", async () => {
    const { key, registered } = createSigner();
    const unknown = { registered, privateJwk: key.jwk } as SigningPair;
    await assault.refused(await remake(name(unknown), unknown), "jws/key-unknown");
  });

  it.each(["RS-FIU", "AL-SPOC", "AL", "anchor", "policy"])(
    "the kid of %s over the attacker's own signature: jws/signature-invalid",
    async (party) => {
      const anchor = assault.forge.statements.find((one) => one.kind === "anchor");
      const keys = party === "policy" ? anchor?.policyKeys : listKeys(assault.forge, party);
      const key = keys?.find(({ use }) => use === "sig");
      expect(key).toBeDefined();
      const by = key?.alg === "ES256" ? strong : other;
      await assault.refused(await remake({ alg: key?.alg, kid: key?.kid }, by), "jws/signature-invalid");
    },
  );

  it("a stolen key of another agency, under its own name: identity/issuer-not-account", async () => {
    const victim = await assault.pair("RS-FIU");
    const { body, claims } = await assault.message({ claims: { iss: "RS-FIU" } });
    const token = forgeToken(encodeCanonical({ typ: TYP, ...name(victim) }), encodeCanonical(claims), victim);
    await assault.refused(toForged(token, body, claims).bytes, "identity/issuer-not-account");
  });

  it("a stolen key of another agency, under the attacker's name: identity/issuer-not-account", async () => {
    const victim = await assault.pair("RS-FIU");
    await assault.refused(await remake(name(victim), victim), "identity/issuer-not-account");
  });

  it("the attacker's key under another's name: identity/issuer-not-account", async () => {
    const { bytes } = await assault.message({ claims: { iss: "RS-FIU" } });
    await assault.refused(bytes, "identity/issuer-not-account");
  });
});

describe("another's genuine message", () => {
  let genuine: Forged;
  beforeAll(async () => {
    genuine = await assault.forge.message("RS-FIU", [ATTACKER], { text: "for the attacker's eyes too" });
    const wire = await assault.exchange.wire("RS-FIU");
    await wire.publish(genuine.bytes);
    expect((await wire.untilAnswered(genuine.id)).decision.outcome).toBe("permitted");
  });

  it("re-wrapped in the attacker's own envelope: identity/issuer-not-account", async () => {
    await assault.refused(genuine.bytes, "identity/issuer-not-account");
  });

  it("re-wrapped under another body: body/digest", async () => {
    const { body } = await assault.message();
    await assault.refused(toForged(genuine.token, body, genuine.claims).bytes, "body/digest");
  });

  it("re-wrapped by an authority: identity/issuer-not-account", async () => {
    await assault.refused(genuine.bytes, "identity/issuer-not-account", "AL");
  });

  it("its signature over the attacker's claims: jws/signature-invalid", async () => {
    const { token, body, claims } = await assault.message();
    const [, , signature] = genuine.token.split(".");
    const mixed = [...token.split(".").slice(0, 2), signature].join(".");
    await assault.refused(toForged(mixed, body, claims).bytes, "jws/signature-invalid");
  });
});

describe("the signature's bytes", () => {
  const splice = async (change: (token: string) => string) => {
    const { token, body, claims } = await assault.message();
    return toForged(change(token), body, claims).bytes;
  };

  it("none that fits: r and s zero: jws/signature-invalid", async () => {
    const zero = toText(Buffer.alloc(64));
    const bytes = await splice((token) => [...token.split(".").slice(0, 2), zero].join("."));
    await assault.refused(bytes, "jws/signature-invalid");
  });

  it("in DER instead of r and s: jws/malformed", async () => {
    const der = Buffer.from(`30440220${"11".repeat(32)}0220${"22".repeat(32)}`, "hex");
    const bytes = await splice((token) => [...token.split(".").slice(0, 2), toText(der)].join("."));
    await assault.refused(bytes, "jws/malformed");
  });

  it("over the text instead of its base64url: jws/signature-invalid", async () => {
    const { body, claims } = await assault.message();
    const payload = encodeCanonical(claims);
    const header = toText(encodeCanonical({ typ: TYP, ...name(strong) }));
    const signature = signText(`${header}.${payload}`, strong).split(".").at(-1);
    const bytes = toForged(`${header}.${toText(payload)}.${signature}`, body, claims).bytes;
    await assault.refused(bytes, "jws/signature-invalid");
  });

  it("over other claims: jws/signature-invalid", async () => {
    const { token, body, claims } = await assault.message();
    const [header, , signature] = token.split(".");
    const altered = toText(encodeCanonical({ ...claims, purpose: "detection" }));
    const bytes = toForged([header, altered, signature].join("."), body, claims).bytes;
    await assault.refused(bytes, "jws/signature-invalid");
  });

  it("malleated, s for n - s, it verifies as well, and is the same message: recorded once", async () => {
    const sent = await assault.message();
    const wire = await assault.exchange.wire(ATTACKER);
    await wire.publish(sent.bytes);
    const { decision } = await wire.untilAnswered(sent.id);
    expect(decision.outcome).toBe("permitted");
    await untilIdle(assault.exchange);
    const before = await assault.exchange.countMessages("ledger");
    const twin = toForged(malleate(sent.token), sent.body, sent.claims);
    expect(twin.token).not.toBe(sent.token);
    const waiting = await assault.exchange.countWaiting(VICTIMS);
    await wire.publish(twin.bytes);
    const again = await wire.untilAnswered(sent.id, 2);
    expect(again.decision.jws.token).toBe(decision.jws.token);
    expect(await assault.exchange.countMessages("ledger")).toBe(before);
    expect(await assault.exchange.countWaiting(VICTIMS)).toBe(waiting);
  });

  it("malleated, through another account: identity/issuer-not-account", async () => {
    const sent = await assault.message();
    const twin = toForged(malleate(sent.token), sent.body, sent.claims);
    await assault.refused(twin.bytes, "identity/issuer-not-account", "RS");
  });
});

describe("claims above their limit", () => {
  it("are refused before the signature is tried: input/too-large", async () => {
    const { claims, body } = await assault.message();
    const large = { ...claims, remark: "x".repeat(limits.CLAIMS_BYTES_MAX) };
    const key = await assault.forge.signingKey(ATTACKER);
    const token = signToken({ typ: TYP, ...name(strong) }, encodeCanonicalBytes(large), key);
    await assault.refused(toForged(token, body, claims).bytes, "input/too-large");
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
