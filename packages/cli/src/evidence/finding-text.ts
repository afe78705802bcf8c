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
        `The key ${kid} signed this message, of the kind ${messageKind}, to ${to.join(", ")}${copied}, ` +
        `dated ${toTimeText(iat)} by its sender. It is a key of ${agency}: ` +
        `${toRegisteredText(registered)}. It was valid, and the agency active, when the message was recorded.`
      );
    }
    case "message-recorded":
      return (
        `It is record ${finding.index} of the ledger. The policy service says that it was received on ` +
        `${toTimeText(finding.received)} and decided on ${toTimeText(finding.at)}.`
      );
    case "decided": {
      const { kid, registered, outcome, recipients } = finding;
      return (
        `The policy service decided: ${outcome}. ${recipients.map(toRecipientText).join(" ")} It signed ` +
        `this with the key ${kid}: ${toRegisteredText(registered)}.`
      );
    }
    case "rules-applied":
      return (
        "The rules in force, on the facts that the decision names, give exactly this outcome with these " +
        `reasons and duties. They are version ${finding.version} of the policy set (${finding.files} ` +
        `files), signed by the authorities of ${finding.signedBy.join(", ")}.`
      );
    case "in-ledger":
      return (
        `All ${finding.records} records shown are in one ledger: ${finding.origin} signed its checkpoint ` +
        `of ${finding.size} records with the key ${finding.kid}: ${toRegisteredText(finding.registered)}.`
      );
    case "witnessed":
      return toWitnessedText(finding);
    case "acknowledged":
      return (
        `${finding.agency} acknowledged the message as ${finding.status}: record ${finding.index}, ` +
        `${toTimeText(finding.at)}, signed with the key ${finding.kid}: ` +
        `${toRegisteredText(finding.registered)}. A program can have signed this without anyone reading it.`
      );
    case "statements-signed": {
      const [anchor, ...others] = finding.signers.filter(({ registered }) => registered.by === "anchor");
      const all = others.map(({ party, kid, registered }) => `${party} ${kid} (record ${registered.index})`);
      return (
        `Every key named here leads to the anchor's key ${anchor?.kid}, which you named as trusted and ` +
        `which signed record 0. It registered the keys by which the ${finding.statements} statements shown ` +
        `were signed and recorded: ${all.join(", ")}.`
      );
    }
    case "ended-since":
      return (
        `${finding.ended.map((one) => toEndedText(one, finding.message)).join(" ")} What had been signed ` +
        "until then stays signed."
      );
    case "body-sent":
      return (
        `The encrypted body in this file is the one that the sender's signature covers (${finding.bytes} ` +
        `bytes). Its key was wrapped for the key ${finding.reader} afterwards.`
      );
    case "body-opened":
      return "The text, opened with the reader's key, is the one that the sender committed itself to.";
    case "no-body":
      return "The message has no body: what was signed is all of it.";
  }
}

/** Which statement registered a key. */
function toRegisteredText({ index, by }: { readonly index: number; readonly by: string }): string {
  return `${by} registered it in record ${index}`;
}

function toWitnessedText({ witnesses, countries, quorum }: Extract<Proven, { what: "witnessed" }>): string {
  const all = witnesses.map(({ agency, at, kid, registered }) => {
    const key = `with the key ${kid} (${toRegisteredText(registered)})`;
    return `${agency} on ${toTimeText(at)} by its own clock, ${key}`;
  });
  const count = all.length === 1 ? "1 witness" : `${all.length} witnesses`;
  const asked = quorum > 0 ? ` They speak for ${countries} of the ${quorum} countries asked for.` : "";
  return `${count} cosigned that checkpoint: ${all.join("; ")}.${asked}`;
}

type Ended = Extract<Proven, { what: "ended-since" }>["ended"][number];

function toEndedText({ party, kid, how, index }: Ended, message: number): string {
  const when = index < message ? "before the message" : "after the message";
  const what = how === "key-withdrawn" ? `the key ${kid} of ${party} was withdrawn` : `${party} was ${how}`;
  return `By record ${index}, ${when}, ${what}.`;
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
  return `Denied for ${agency}${copy}${rules}; the reason for the sender: ${reasons.join(", ") || "none"}.`;
}

function toNotProvenText(finding: NotProven): string {
  switch (finding.what) {
    case "newest-statements":
      return (
        "That the statements shown are the newest that counted. A later one could have been left out. " +
        "An audit of the whole ledger shows it."
      );
    case "unchanged-since":
      return (
        "That it still stands. A later record may have corrected it, taken a consent back, or recalled it; " +
        "this file holds none but acknowledgements. Whoever has the ledger finds them by its thread."
      );
    case "facts":
      return (
        "That the facts which the decision names were right, where they follow from other records; and the " +
        "markings in force, and who else was told. An audit of the whole ledger derives them again."
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
    case "times":
      return (
        "That the times are right. The sender, the policy service and each witness name them by their own " +
        "clocks. What is proven is the order of the records."
      );
    case "usable":
      return (
        "That the message could be used where it arrived. " +
        `${finding.reports.map(({ agency, status }) => `${agency} says that it was ${status}`).join("; ")}.`
      );
    case "delivery":
      return (
        `That it reached ${finding.agencies.join(", ")}. The file holds no acknowledgement of ` +
        `${finding.agencies.length === 1 ? "this agency" : "these agencies"}.`
      );
    case "single-history": {
      const { countries, quorum } = finding;
      const few =
        quorum > 0 ? `${countries} of the ${quorum} countries that the exchange asks for` : "nobody";
      return (
        `That everybody was shown the same ledger: the checkpoint is cosigned by ${few}. Compare it with ` +
        "one that somebody else holds."
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
