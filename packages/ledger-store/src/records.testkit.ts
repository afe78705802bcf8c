import { encodeBase64url, encodeCanonical, encodeRecord, encodeUtf8, toDigest } from "@leix/protocol";

/** A rejection: the smallest record there is. Its signature has the form of one and is nobody's. */
export function createRecord(index: number, label = "test"): Uint8Array<ArrayBuffer> {
  const header = { alg: "Ed25519", kid: toDigest("policy"), typ: "leix-decision+sd-jwt" };
  const payload = {
    at: 1_790_000_000 + index,
    aud: "exercise.leix.example",
    code: "input/not-json",
    decider: { cedar: "4.13.0", step: "1", tz: "2026a" },
    index,
    input: { account: `A${"Q".repeat(55)}`, digest: toDigest(`${label} ${index}`), sequence: index + 1 },
    iss: "policy",
    kind: "rejection",
    prev: index === 0 ? null : toDigest(`${label} ${index - 1}`),
    received: 1_790_000_000,
    v: 1,
  };
  const signature = new Uint8Array(64).fill(index % 256);
  const parts = [encodeUtf8(encodeCanonical(header)), encodeUtf8(encodeCanonical(payload)), signature];
  return encodeRecord({ v: 1, kind: "rejection", decision: `${parts.map(encodeBase64url).join(".")}~` });
}

/** Those from `begin` to before `end` of one ledger. */
export function createRecords(begin: number, end: number, label?: string): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: end - begin }, (_, at) => createRecord(begin + at, label));
}
