import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { connectBroker, followLedger, ledgerHead, sendMessage } from "@leix/broker";
import {
  CLAIMS_TYP,
  Claims,
  createMessageId,
  decodeBase64url,
  type ErrorCode,
  encodeBase64url,
  encodeCanonicalBytes,
  encodeEnvelope,
  encodeUtf8,
  parseRecord,
  signJws,
  toOutSubject,
} from "@leix/protocol";
import {
  connectAs,
  loadPartyFolder,
  loadSigningKey,
  type NetworkFile,
  type PartyConnection,
  toPartyFolder,
} from "@leix/runtime";
import { expectTold, type Screen } from "./screen.ts";

const REFUSAL_MS = 30_000;

/** Two things that a hostile hand tries, and what comes of them. */
export async function tellHostileActs(dir: string, network: NetworkFile, screen: Screen): Promise<void> {
  const auditor = await connectAs(dir, network, "auditor");
  try {
    await alterAfterSigning(dir, network, auditor, screen);
    await speakForAnother(dir, network, auditor, screen);
  } finally {
    await auditor.close();
  }
}

/** Someone between the officer and the exchange takes the H1 off a signed message. */
function alterAfterSigning(
  dir: string,
  network: NetworkFile,
  auditor: PartyConnection,
  screen: Screen,
): Promise<void> {
  return screen.step("A message is altered after it was signed: rejected, never routed", async () => {
    const folder = toPartyFolder(dir, network, "MK-SPOC");
    const signed = await signJws(toClaims(network), CLAIMS_TYP, await loadSigningKey(folder));
    const altered = alterPayload(signed.token, '"handling":"H1"', '"handling":"H0"');
    const before = await ledgerHead(auditor);
    const sender = await connectAs(dir, network, "MK-SPOC");
    try {
      await sendMessage(sender, encodeEnvelope({ message: altered }));
    } finally {
      await sender.close();
    }
    const code = await findRejection(auditor, before);
    expectTold(code === "jws/signature-invalid", `it was recorded as ${code ?? "nothing"}`);
    screen.show("altered", '"handling":"H1" → "H0", one character');
    screen.show("rejected", `${code}, record ${before}: digest, account and code; nothing of the content`);
  });
}

/** The next rejection after the record count given. */
async function findRejection(auditor: PartyConnection, before: number): Promise<ErrorCode | undefined> {
  for await (const { data } of followLedger(auditor, before + 1, AbortSignal.timeout(REFUSAL_MS))) {
    const { content } = parseRecord(data).decision;
    if (content.kind === "rejection") return content.code;
  }
  return undefined;
}

/** An agency publishes where only another one's messages land. */
function speakForAnother(
  dir: string,
  network: NetworkFile,
  auditor: PartyConnection,
  screen: Screen,
): Promise<void> {
  return screen.step("An agency publishes outside its own subject: the broker refuses", async () => {
    const victim = network.parties.find(({ id }) => id === "RS-SPOC")?.account;
    expectTold(victim, "RS-SPOC has no account");
    const before = await ledgerHead(auditor);
    const { access } = await loadPartyFolder(toPartyFolder(dir, network, "MK-SPOC"));
    const errors = new EventEmitter();
    const sender = await connectBroker(access, {
      name: "MK-SPOC",
      onEvent: (event) => void (event.kind === "error" && errors.emit("refused", event.error)),
    });
    try {
      const refused = once(errors, "refused", { signal: AbortSignal.timeout(REFUSAL_MS) });
      sender.publish(toOutSubject(victim), encodeUtf8("RS-SPOC says so"));
      await sender.flush();
      const [error] = await refused;
      expectTold(/permissions violation/i.test(String(error)), `the broker says: ${String(error)}`);
    } finally {
      await sender.close();
    }
    expectTold((await ledgerHead(auditor)) === before, "something was recorded");
    screen.show("published", `${toOutSubject(victim).slice(0, 24)}…, which is RS-SPOC's, by MK-SPOC`);
    screen.show("refused", "permissions violation; the ledger is as it was");
  });
}

function toClaims({ exchange }: NetworkFile): Claims {
  const id = createMessageId(Date.now(), randomBytes(10));
  return Claims.parse({
    v: 1,
    aud: exchange,
    id,
    iss: "MK-SPOC",
    seq: 1,
    prev: null,
    officer: { id: encodeBase64url(randomBytes(16)), role: "officer" },
    iat: Math.floor(Date.now() / 1000),
    kind: "notification",
    to: ["AL-SPOC"],
    copies: [],
    thread: id,
    purpose: "investigation",
    classification: "unclassified",
    handling: "H1",
  });
}

/** Keeps header and signature, changes the payload. */
function alterPayload(token: string, from: string, to: string): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const text = Buffer.from(decodeBase64url(payload) ?? []).toString();
  expectTold(text.includes(from), "there is nothing to alter");
  const altered: unknown = JSON.parse(text.replace(from, to));
  return [header, encodeBase64url(encodeCanonicalBytes(altered)), signature].join(".");
}
