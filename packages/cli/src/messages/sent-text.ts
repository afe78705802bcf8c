import { findRefusal } from "@leix/broker";
import type { SentMessage } from "@leix/client";
import type { ErrorCode, LeixError } from "@leix/protocol";
import { type Paper, toSafeText } from "./paper.ts";

/** Of a message without a decision: that it is kept, who has to do something, and what. */
export function writeNext(
  paper: Paper,
  { ref, claims, status }: Pick<SentMessage, "ref" | "claims" | "status">,
  hindrance?: LeixError,
): void {
  if (status !== "stored" && status !== "received") return;
  if (hindrance && findRefusal(hindrance)) {
    paper.line(`The broker does not let ${claims.iss} in (${toSafeText(hindrance.detail)}).`);
    paper.line("Ask your country's authority. The message stays here: do not send it again.");
  } else if (hindrance && !NOT_YET.includes(hindrance.code)) {
    paper.line(toSafeText(hindrance.explain()));
    paper.line(`Tell the operator, with the id ${ref.id}. The message is kept: do not send it again.`);
  } else if (status === "stored") {
    if (hindrance) paper.line(toSafeText(hindrance.detail));
    paper.line(
      "Nothing is lost: the agency's service sends it, or the next leix command, once the broker is there.",
    );
  } else paper.line(`Nothing is lost: see leix explain --as ${claims.iss} ${ref.id} later.`);
}

/** What passes without anybody's help. */
const NOT_YET: readonly ErrorCode[] = ["client/decision-timeout", "broker/unreachable"];
