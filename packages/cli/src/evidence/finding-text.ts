import type { Finding } from "@leix/evidence";
import { toTimeText } from "../messages/paper.ts";

type Proven = Extract<Finding, { kind: "proven" }>;
type NotProven = Extract<Finding, { kind: "not-proven" }>;
type Recipient = Extract<Proven, { what: "decided" }>["recipients"][number];

/** A finding in sentences. All names in it are ids and codes of closed forms. */
export function toFindingText(finding: Finding): string {
  return finding.kind === "proven" ? toProvenText(finding) : toNotProvenText(finding);
}

function toProvenText(finding: Proven): string {
  switch (finding.what) {
    case "message-signed": {
      const { agency, messageKind, to, copies, iat, kid, registered } = finding;
      const copied = copies.length > 0 ? `, with copies to ${copies.join(", ")}` : "";
      return (
        `${agency} signed this message, of the kind ${messageKind}, to ${to.join(", ")}${copied}, dated ` +
        `${toTimeText(iat)}. Its key ${kid} was registered for it by ${registered.by} (record ` +
        `${registered.index}) and was valid.`
      );
    }
    case "message-recorded":
      return (
        `It was recorded as record ${finding.index} of the ledger. By the exchange's clocks it was ` +
        `received on ${toTimeText(finding.received)} and decided on ${toTimeText(finding.at)}.`
      );
    case "decided":
      return `The exchange decided: ${finding.outcome}. ${finding.recipients.map(toRecipientText).join(" ")}`;
    case "rules-applied":
      return (
        `The rules in force, on the facts that the decision names, give exactly this outcome. They are ` +
        `version ${finding.version} of the policy set (${finding.files} files), signed by ` +
        `${finding.signedBy.join(", ")}.`
      );
    case "in-ledger":
      return (
        `All ${finding.records} records shown are in one ledger: ${finding.origin} signed its checkpoint ` +
        `of ${finding.size} records with the key ${finding.kid}.`
      );
    case "witnessed": {
      const all = finding.witnesses.map(({ agency, at }) => `${agency} on ${toTimeText(at)}`);
      const count = all.length === 1 ? "1 witness" : `${all.length} witnesses`;
      return `${count} cosigned that checkpoint: ${all.join(", ")}. The exchange asks for ${finding.quorum}.`;
    }
    case "acknowledged":
      return (
        `${finding.agency} acknowledged the message as ${finding.status}: record ${finding.index}, ` +
        `${toTimeText(finding.at)}.`
      );
    case "body-sent":
      return `The encrypted body in this file is the one that was sent (${finding.bytes} bytes).`;
    case "body-opened":
      return "The text, opened with the reader's key, is the one that the sender committed itself to.";
    case "no-body":
      return "The message has no body: what was signed is all of it.";
  }
}

function toRecipientText({ agency, as, effect, reasons, determining, obligations }: Recipient): string {
  const copy = as === "copy" ? " (a copy)" : "";
  if (effect === "permit") {
    const duties = obligations.map(({ party, duty, rule, due }) => {
      return `${party} owes "${duty}" by ${rule}${due === undefined ? "" : ` until ${toTimeText(due)}`}`;
    });
    return `Permitted for ${agency}${copy}${duties.length > 0 ? `; ${duties.join("; ")}` : ""}.`;
  }
  const rules = determining.length > 0 ? ` by ${determining.join(", ")}` : ", for nothing permitted it";
  return `Denied for ${agency}${copy}${rules}; the sender was told: ${reasons.join(", ") || "nothing"}.`;
}

function toNotProvenText(finding: NotProven): string {
  switch (finding.what) {
    case "newest-statements":
      return (
        "That the statements shown are the newest that counted. A later one could have been left out. " +
        "An audit of the whole ledger shows it."
      );
    case "facts":
      return (
        "That the facts which the decision names were right, where they follow from other records. " +
        "An audit of the whole ledger derives them again."
      );
    case "rules-applied":
      return (
        `That the rules give this outcome. The decision was made by decider ${finding.step} with Cedar ` +
        `${finding.cedar}, which this program does not have.`
      );
    case "due-times":
      return (
        `When terms end. The decision counted with the time-zone data ${finding.tz}; with those of this ` +
        "computer the dates are others."
      );
    case "person":
      return "Which person acted. The message names a pseudonym that only its agency can resolve.";
    case "delivery":
      return (
        `That it reached ${finding.agencies.join(", ")}. The file holds no acknowledgement of ` +
        `${finding.agencies.length === 1 ? "this agency" : "these agencies"}.`
      );
    case "single-history": {
      const { witnesses, quorum } = finding;
      const asked = quorum > 0 ? ` of the ${quorum} that the exchange asks for` : "";
      return (
        `That everybody was shown the same ledger. ${witnesses === 0 ? "No witness" : `Only ${witnesses}`}` +
        `${asked} cosigned the checkpoint. Compare it with one that somebody else holds.`
      );
    }
    case "body-absent":
      return (
        "What the text said. The body is not in this file: it was not added, or it is erased. Everything " +
        "above stays valid without it."
      );
    case "body-text":
      return `What the text says. Only the owner of the key ${finding.reader} can open it, with "open".`;
  }
}
