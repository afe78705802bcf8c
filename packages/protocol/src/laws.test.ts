import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Chain, createChain } from "../vectors/chain.ts";
import { codeOfAsync } from "../vectors/codes.ts";
import { CUSTOMS, KEYS } from "../vectors/examples.ts";
import { decryptBody, verifyBinding } from "./body.ts";
import { encodeUtf8 } from "./bytes.ts";
import { encodeCanonicalBytes } from "./canonical.ts";
import { CLAIMS_TYP } from "./claims.ts";
import { parseCopy, parseEnvelope } from "./envelope.ts";
import { LeixError } from "./errors.ts";
import { decodeForm } from "./forms.ts";
import { parseJws, verifyJws } from "./jws.ts";
import { CLAIMS_BYTES_MAX } from "./limits.ts";
import { openDecision } from "./open-decision.ts";
import { parseClaims } from "./record.ts";

let chain: Chain;

beforeAll(async () => {
  chain = await createChain();
});

const READERS = [KEYS.customsEnc, KEYS.fiuEnc];
const toReader = (pair: (typeof READERS)[number]) => ({ kid: pair.registered.kid, jwk: pair.privateJwk });

/** What the exchange checks of an envelope without any state; gives the message's identity. */
async function examine(bytes: Uint8Array) {
  const envelope = parseEnvelope(bytes);
  if (!("message" in envelope)) throw new LeixError("input/schema");
  const jws = parseJws(envelope.message, CLAIMS_TYP, CLAIMS_BYTES_MAX);
  await verifyJws(jws, KEYS.spoc.registered);
  const { body: binding } = parseClaims(jws.payload);
  if (!binding || !envelope.body) throw new LeixError("body/missing");
  verifyBinding(envelope.body, binding);
  return { digest: jws.digest, binding, body: envelope.body };
}

/** What RS-CUSTOMS does with its copy, as far as no membership is needed. */
async function receive(bytes: Uint8Array) {
  const copy = parseCopy(bytes);
  const jws = parseJws(copy.message, CLAIMS_TYP, CLAIMS_BYTES_MAX);
  const claims = parseClaims(jws.payload);
  const decision = openDecision(copy.decision);
  await verifyJws(decision.jws, KEYS.policy.registered);
  if (decision.content.input.digest !== jws.digest) throw new LeixError("decision/other-message");
  if (decision.recipients.find((one) => one.agency === CUSTOMS)?.effect !== "permit") {
    throw new LeixError("decision/not-permitted");
  }
  await verifyJws(jws, KEYS.spoc.registered);
  if (!claims.body || !copy.body) throw new LeixError("body/missing");
  const text = await decryptBody(copy.body, claims.body, [toReader(KEYS.customsEnc)]);
  return { digest: jws.digest, form: decodeForm(text, claims.kind), markings: decision.markings };
}

/** A text of ASCII, one byte of it changed. */
function flip(text: string, nat: number, change: number): Uint8Array {
  const bytes = encodeUtf8(text);
  const at = nat % bytes.byteLength;
  bytes[at] = (bytes[at] ?? 0) ^ change;
  return bytes;
}

const place = fc.nat();
const change = fc.integer({ min: 1, max: 255 });

describe("one byte changed", () => {
  it("nowhere: the envelope is taken, the copy is read", async () => {
    expect((await examine(encodeUtf8(chain.envelope))).digest).toBe(chain.message.digest);
    const { form, markings } = await receive(encodeUtf8(chain.copy));
    expect(JSON.stringify(form)).toContain("keeper of the lorry");
    expect(markings).toEqual(chain.verdict.markings);
  });

  it("in an envelope: it is refused, or in a key entry, and then nobody reads a changed text", async () => {
    await fc.assert(
      fc.asyncProperty(place, change, async (at, by) => {
        const altered = flip(chain.envelope, at, by);
        if ((await codeOfAsync(() => examine(altered))) !== "not refused") return;
        const { digest, body, binding } = await examine(altered);
        expect(digest).toBe(chain.message.digest);
        let unreadable = 0;
        for (const reader of READERS) {
          const code = await codeOfAsync(async () => {
            const text = await decryptBody(body, binding, [toReader(reader)]);
            expect(new TextDecoder().decode(text)).toBe(chain.text);
          });
          if (code !== "not refused") unreadable++;
        }
        expect(unreadable).toBe(1);
      }),
      { numRuns: 400 },
    );
  });

  it("in a copy: the receiver refuses it", async () => {
    await fc.assert(
      fc.asyncProperty(place, change, async (at, by) => {
        expect(await codeOfAsync(() => receive(flip(chain.copy, at, by)))).not.toBe("not refused");
      }),
      { numRuns: 400 },
    );
  });

  it("in a decision: its reader refuses it", async () => {
    await fc.assert(
      fc.asyncProperty(place, change, async (at, by) => {
        const text = new TextDecoder().decode(flip(chain.whole, at, by));
        const key = KEYS.policy.registered;
        const code = await codeOfAsync(async () => verifyJws(openDecision(text).jws, key));
        expect(code).not.toBe("not refused");
      }),
      { numRuns: 300 },
    );
  });
});

describe("one thing left out of a copy", () => {
  it("is missed: its body, its own key entry, its own part of the decision", async () => {
    const { body, decision, message } = JSON.parse(chain.copy);
    const others = chain.body.recipients.filter(
      (entry) => entry.header.kid !== KEYS.customsEnc.registered.kid,
    );
    const copies = {
      "body/missing": { decision, message },
      "body/undecryptable": { body: { ...body, recipients: others }, decision, message },
      "decision/not-permitted": { body, decision: `${chain.decision.jws.token}~`, message },
    };
    for (const [code, copy] of Object.entries(copies)) {
      expect(await codeOfAsync(() => receive(encodeCanonicalBytes(copy)))).toBe(code);
    }
  });
});
