import { readFileSync } from "node:fs";
import { encodeBase64url, encodeCanonical, encodeRecord, encodeUtf8, toDigest } from "@leix/protocol";

/** Which records of these tests are seals, and statements: what an erasure leaves. Others are rejections. */
export const SEALS: readonly number[] = [5, 100, 260, 280];
export const STATEMENTS: readonly number[] = [3, 150];

const VECTOR = new URL("../../protocol/vectors/valid/record-statement.json", import.meta.url);
const STATEMENT = JSON.parse(JSON.parse(readFileSync(VECTOR, "utf8")).input.text);

/** The smallest records there are. Their signature has the form of one and is nobody's. */
export function createRecord(index: number, label = "test"): Uint8Array<ArrayBuffer> {
  const place = {
    at: 1_790_000_000 + index,
    aud: "exercise.leix.example",
    decider: { cedar: "4.13.0", step: "1", tz: "2026a" },
    index,
    input: { account: `A${"Q".repeat(55)}`, digest: toDigest(`${label} ${index}`), sequence: index + 1 },
    iss: "policy",
    prev: index === 0 ? null : toDigest(`${label} ${index - 1}`),
    received: 1_790_000_000,
    v: 1,
  };
  if (STATEMENTS.includes(index)) {
    const told = JSON.parse(Buffer.from(STATEMENT.decision.split(".")[1], "base64url").toString());
    const decision = toDecision({ ...told, index }, index);
    return encodeRecord({ v: 1, kind: "statement", statement: STATEMENT.statement, decision });
  }
  if (!SEALS.includes(index)) {
    const decision = toDecision({ ...place, kind: "rejection", code: "input/not-json" }, index);
    return encodeRecord({ v: 1, kind: "rejection", decision });
  }
  const sealed = { epoch: SEALS.indexOf(index) + 1, state: toDigest(`${label} state ${index}`) };
  return encodeRecord({
    v: 1,
    kind: "seal",
    decision: toDecision({ ...place, kind: "seal", ...sealed }, index),
  });
}

function toDecision(payload: object, index: number): string {
  const header = { alg: "Ed25519", kid: toDigest("policy"), typ: "leix-decision+sd-jwt" };
  const signature = new Uint8Array(64).fill(index % 256);
  const parts = [encodeUtf8(encodeCanonical(header)), encodeUtf8(encodeCanonical(payload)), signature];
  return `${parts.map(encodeBase64url).join(".")}~`;
}

/** How many of the records before a seal an erasure takes. */
export function countErasable(seal: number): number {
  return seal - [...SEALS, ...STATEMENTS].filter((index) => index < seal).length;
}

/** Those from `begin` to before `end` of one ledger. */
export function createRecords(begin: number, end: number, label?: string): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: end - begin }, (_, at) => createRecord(begin + at, label));
}
