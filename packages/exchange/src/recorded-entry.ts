import { LeixError, listElements, type ParsedRecord, toLapse, toVerdict } from "@leix/protocol";
import type { Entry } from "./entry.ts";

/** What a record says happened, taken from its signed content without deciding anything. */
export function toEntry(record: ParsedRecord): Entry {
  const { content } = record.decision;
  const { index, input, received, at } = content;
  const place = { index, input, received, at };
  if (record.kind === "message") {
    if (content.kind !== "message") throw new LeixError("record/input", "decision of another kind");
    const { claims } = record;
    const ref = { iss: claims.iss, id: claims.id, digest: record.input.digest };
    if (content.message.iss !== ref.iss || content.message.id !== ref.id)
      throw new LeixError("record/input", "id");
    const verdict = toVerdict(record.decision);
    refuseOtherOrder(record.decision);
    const { kid } = record.input.header;
    return { ...place, kind: "message", claims, ref, kid, policySet: content.policySet, verdict };
  }
  if (record.kind === "statement") return { ...place, kind: "statement", statement: record.statement };
  if (content.kind !== record.kind) throw new LeixError("record/input", "decision of another kind");
  if (content.kind === "rejection") return { ...place, kind: "rejection", code: content.code, detail: "" };
  if (content.kind === "flood") {
    const { minute, inputs, proposal } = content;
    return { ...place, kind: "flood", minute, inputs, ...(proposal ? { proposal } : {}) };
  }
  if (content.kind === "seal") return { ...place, kind: "seal", epoch: content.epoch, state: content.state };
  const lapse = toLapse(record.decision);
  refuseOtherOrder(record.decision);
  return { ...place, kind: "event", lapse };
}

/**
 * Nothing signed fixes the order of disclosures: without one, the same decision could be spelled in many
 * ways.
 */
function refuseOtherOrder({ content, disclosures }: ParsedRecord["decision"]): void {
  const names = content.kind === "message" ? ["outcome", "markings"] : [];
  const elements = listElements(content);
  const isOrdered = disclosures.every(({ name, digest }, i) => {
    return i < names.length ? name === names[i] : digest === elements[i - names.length];
  });
  if (!isOrdered) throw new LeixError("record/malformed", "disclosures in another order");
}

/**
 * Whether the decision's payload is the one that is made from its own entry under its own salts
 * (`hideVerdict`, `hideLapse`). Its schema, its disclosures and their order leave only this open: in what
 * order the two hidden members stand, where the blanks do, and whether a salt is used twice. So another
 * answer has this payload exactly where it has the same content, and nothing needs to be hidden again.
 */
export function isExact({ decision }: ParsedRecord): boolean {
  const { content, disclosures } = decision;
  if (new Set(disclosures.map(({ salt }) => salt)).size !== disclosures.length) return false;
  if (content.kind !== "message") return true;
  const [first, second] = content._sd;
  const notices = disclosures.slice(2 + content.recipients.length + content.grounds.length);
  const firstBlank = notices.findIndex(({ value }) => value === null);
  const isBlankLast = firstBlank < 0 || notices.slice(firstBlank).every(({ value }) => value === null);
  return first !== undefined && second !== undefined && first <= second && isBlankLast;
}
