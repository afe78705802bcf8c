import {
  type Claims,
  type Digest,
  type InputPlace,
  type PlainRecord,
  type ToDigest,
  toDigest,
} from "@leix/protocol";
import type { RecordHead } from "./examined-record.ts";

/**
 * A message's record of which only the head and the claims were read. What it discloses is text, to be
 * compared with that of the answer that is decided again: there it is the same nearly always.
 */
export interface ExaminedPlain extends RecordHead {
  readonly claims: Claims;
  readonly place: {
    readonly account: InputPlace["account"];
    readonly sequence: number;
    readonly received: number;
    readonly policySet: Digest;
    readonly recipients: number;
  };
  /** Where what it discloses begins and ends in its batch's. */
  readonly disclosed: readonly [number, number];
}

export function examinePlain(
  { decision, content, input, claims }: PlainRecord,
  digest: ToDigest = toDigest,
): ExaminedPlain {
  const { aud, index, prev, at, decider, ...place } = content;
  return {
    kind: "message",
    decision: { jws: toName(decision), content: { aud, index, prev, at, decider } },
    input: toName(input),
    ...(claims.body ? {} : { rawDigest: digest(`{"message":"${input.token}"}`) }),
    claims,
    place,
    disclosed: [0, 0],
  };
}

function toName({ header, digest }: PlainRecord["decision"]) {
  return { header, digest };
}
