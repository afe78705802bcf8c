import type { Claims, MessageId } from "@leix/protocol";
import { openCopy } from "./judge-copy.ts";
import type { Store } from "./store.ts";

export interface Acknowledgement {
  readonly agency: Claims["iss"];
  readonly status: Extract<Claims, { kind: "acknowledgement" }>["status"];
  readonly arrivedMs: number;
}

/** Who has acknowledged a message of this agency, and as what. */
export function listAcknowledgements(
  { inbox, outbox }: Pick<Store, "inbox" | "outbox">,
  id: MessageId,
): Acknowledgement[] {
  const sent = outbox.get(id);
  const rows = sent ? inbox.listThread(sent.thread) : [];
  return rows.flatMap(({ status, messageKind, payload, arrivedMs }) => {
    if (status === "unverifiable" || messageKind !== "acknowledgement") return [];
    const { claims } = openCopy(payload);
    if (claims.kind !== "acknowledgement" || claims.re.id !== id) return [];
    return [{ agency: claims.iss, status: claims.status, arrivedMs }];
  });
}
