import { decodeUtf8, type RegisteredKey, toDigest, type VerifySignature } from "@leix/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { createTreatedMessage } from "./evidence.testkit.ts";
import { type Evidence, encodeEvidence } from "./evidence.ts";
import { type EvidenceTrust, verifyEvidence } from "./verify-evidence.ts";

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const verify: VerifySignature = async (input, signature, { alg, jwk }) => {
  const algorithm = alg === "ES256" ? ES256 : { name: "Ed25519" };
  const key = await crypto.subtle.importKey("jwk", { ...jwk }, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, key, signature, input);
};

let evidence: Evidence;
let bytes: Uint8Array;
let trust: EvidenceTrust;

beforeAll(async () => {
  const treated = await createTreatedMessage("who owns the lorry", true);
  evidence = treated.evidence;
  bytes = encodeEvidence(evidence);
  trust = treated.ledger.world.trust;
}, 120_000);

describe("evidence verified by primitives of the program's own", () => {
  test("they are asked for every record and every signature, and the findings are the same", async () => {
    const digested: (string | Uint8Array)[] = [];
    const keys: RegisteredKey[] = [];
    const digest = (data: string | Uint8Array) => {
      digested.push(data);
      return toDigest(data);
    };
    const own: VerifySignature = (input, signature, key) => {
      keys.push(key);
      return verify(input, signature, key);
    };
    const found = await verifyEvidence(bytes, trust, { primitives: { digest, verify: own } });
    expect(found.isProven).toBe(true);
    expect(found).toEqual(await verifyEvidence(bytes, trust));
    const records = 1 + evidence.statements.length + evidence.acknowledgements.length;
    const cosignatures = evidence.checkpoint.split("\n").filter((line) => line.startsWith("— ")).length;
    expect(digested.length).toBeGreaterThanOrEqual(3 * records);
    expect(keys.length).toBeGreaterThanOrEqual(2 * records + cosignatures);
    expect(keys.map(({ use }) => use)).toContain("cosign");
  });

  test("what they refuse is refused, wherever it stands", async () => {
    const { record } = evidence.message;
    const isOfMessage = (input: string) => record.kind === "message" && record.message.startsWith(input);
    const isOfDecision = (input: string) => record.decision.startsWith(input);
    const isOfNote = (input: string) => input.endsWith("\n");
    const cases = [
      [() => true, "statements[0].record", "jws/signature-invalid"],
      [isOfMessage, "message.record", "jws/signature-invalid"],
      [isOfDecision, "message.record", "jws/signature-invalid"],
      [isOfNote, "checkpoint", "tlog/signature-invalid"],
    ] as const;
    for (const [isRefused, part, code] of cases) {
      const own: VerifySignature = (input, signature, key) => {
        return !isRefused(decodeUtf8(input)) && verify(input, signature, key);
      };
      const found = await verifyEvidence(bytes, trust, { primitives: { verify: own } });
      expect(found).toMatchObject({ isProven: false, part, code });
    }
    const digest = () => toDigest("something else");
    const found = await verifyEvidence(bytes, trust, { primitives: { digest } });
    expect(found).toMatchObject({ isProven: false, part: "message.record" });
  });
});
