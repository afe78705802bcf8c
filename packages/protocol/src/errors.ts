import { AUDIT_ERRORS } from "./errors-audit.ts";
import { BROKER_ERRORS } from "./errors-broker.ts";
import { ENROLMENT_ERRORS } from "./errors-enrolment.ts";
import { EVIDENCE_ERRORS } from "./errors-evidence.ts";
import { KEY_ERRORS } from "./errors-keys.ts";
import { LEDGER_ERRORS } from "./errors-ledger.ts";
import { REPLAY_ERRORS } from "./errors-replay.ts";
import { RESTORE_ERRORS } from "./errors-restore.ts";
import { TLOG_ERRORS } from "./errors-tlog.ts";
import { WITNESS_ERRORS } from "./errors-witness.ts";

/** One entry of the catalogue: when the code is given, and what its reader should do about it. */
export interface ErrorText {
  readonly when: string;
  readonly todo: string;
}

/**
 * Every error code LEIX gives, in one place; `schemas/errors.md` is generated from it.
 * A code is `area/what-happened`. Tests and programs compare codes; people read `when` and `todo`.
 */
export const ERRORS = {
  "input/not-json": {
    when: "The bytes received are not one JSON object in UTF-8.",
    todo: 'Send exactly one JSON object {"message": "<compact JWS>"}, with "body" where the message has one.',
  },
  "input/not-canonical": {
    when: "The JSON is well formed, but its bytes are not the RFC 8785 canonical form.",
    todo: "Serialise with an RFC 8785 (JCS) library: sorted members, no white space, no duplicate member.",
  },
  "input/too-deep": {
    when: "The JSON nests deeper than JSON_DEPTH_MAX.",
    todo: "Flatten the value; nothing in this protocol nests that deep.",
  },
  "input/too-large": {
    when: "The input is larger than the named limit for its kind.",
    todo: "Shorten it below the limit given in the detail, or send it as several messages.",
  },
  "input/schema": {
    when: "The JSON does not follow its JSON Schema: a member is missing, unknown or of a wrong form.",
    todo: "Correct the member named in the detail; the schemas are in the folder schemas/.",
  },
  "input/kind-unknown": {
    when: "The message or statement names a kind that this version does not know.",
    todo: "Use one of the kinds listed in schemas/protocol.md.",
  },
  "input/version-unknown": {
    when: "The member v is not a version this exchange reads.",
    todo: "Send v 1, or upgrade the exchange first.",
  },
  "input/unprocessable": {
    when: "The input was delivered DELIVERIES_MAX times without an outcome; it is kept in quarantine.",
    todo: "Operator: read the quarantine entry. Sender: ask the operator before sending the like again.",
  },
  "jws/malformed": {
    when: "The token is not a compact JWS: three canonical base64url parts, the first and second being JSON.",
    todo: "Send an RFC 7515 compact serialisation, base64url without padding.",
  },
  "jws/header": {
    when: "The protected header is not exactly the canonical {alg, kid, typ}.",
    todo: "Remove every other header field (crit, jwk, x5c, jku, ...) and order the three as RFC 8785 does.",
  },
  "jws/type": {
    when: "The header's typ is not the one expected in this place.",
    todo: "Sign the token with the typ of its kind; a token of one kind is never accepted as another.",
  },
  "jws/key-unknown": {
    when: "No key with this kid is registered.",
    todo: "Sign with a registered key: an agency's authority registers it, for a service the anchor does.",
  },
  "jws/key-not-valid": {
    when: "The key was not valid when the input was received: before its start, after its end, or withdrawn.",
    todo: "Sign with a key that is valid now; `leix doctor` shows the validity of each key.",
  },
  "jws/key-use": {
    when: "The key is registered for another use than this one.",
    todo: "Use the party's signing key to sign and its encryption key to encrypt.",
  },
  "jws/algorithm": {
    when: "The header's alg is not the algorithm registered for the key.",
    todo: "Sign with the algorithm under which the key was registered.",
  },
  "jws/signature-invalid": {
    when: "The signature does not verify: the token was altered after signing, or signed by another key.",
    todo: "Send the token exactly as signed. If it was, treat the transport or the key as compromised.",
  },
  "key/invalid": {
    when: "A JWK is not a public key of a permitted type, or its kid is not its RFC 7638 thumbprint.",
    todo: "Register P-256 or Ed25519 to sign and P-256 or X25519 to encrypt, with the thumbprint as kid.",
  },
  "identity/account-unknown": {
    when: "The NATS account that sent the input belongs to no registered party.",
    todo: "Wait until the party's enrolment is recorded, then sign and send a new message.",
  },
  "identity/issuer-not-account": {
    when: "iss, the signing key and the NATS account do not all belong to the same party.",
    todo: "Send with your own account, sign with your own key, and name yourself in iss.",
  },
  "identity/observer": {
    when: "An observer asked for something else than what is published.",
    todo: "Read the published statistics with `leix statistics`; the rest is for those who exchange.",
  },
  "identity/party-not-active": {
    when: "The sending party is suspended or revoked.",
    todo: "Ask the country authority why; sending resumes when it reinstates the party.",
  },
  "claims/audience": {
    when: "aud names another exchange.",
    todo: "Send the message to the exchange it is meant for; an exercise message never enters production.",
  },
  "claims/issued-in-future": {
    when: "iat is further ahead of the time of receipt than CLOCK_SKEW_SECONDS_MAX.",
    todo: "Set the sender's clock (NTP) and send a new message.",
  },
  "claims/too-old": {
    when: "iat is longer ago than MESSAGE_AGE_SECONDS_MAX.",
    todo: "Send a new message; this one waited too long.",
  },
  "claims/recipients": {
    when: "The recipients repeat an agency or name the sender itself.",
    todo: "Name each recipient once, in to or in copies, and never yourself.",
  },
  "claims/thread": {
    when: "thread is not the message's own id, and re names no message of that thread that the sender holds.",
    todo: "Start a thread with your own id, or refer in re to a message you sent or were let to receive.",
  },
  "claims/group-unknown": {
    when: "The message names a group, or a version of one, that is not in force, or that it is not in.",
    todo: "Send again: the node takes the newest version by itself. Only members may, until the group ends.",
  },
  "claims/group-members": {
    when: "The message's `to` is not the group: a member that takes part is missing, or a stranger is there.",
    todo: "Address every other active member of the group in `to`, and nobody else; others in `copies`.",
  },
  "body/missing": {
    when: "The claims bind a body but the envelope has none, or the other way round.",
    todo: "Send the body with the claims that bind it.",
  },
  "body/malformed": {
    when: "The body is not the general JWE of this protocol (A256GCM; recipients exactly {alg, kid, epk}).",
    todo: "Build the JWE as schemas/protocol.md says.",
  },
  "body/digest": {
    when: "The digest or size of the body differs from the claims.",
    todo: "Send the body the claims were signed over; a body cannot be replaced under the same claims.",
  },
  "body/recipients-differ": {
    when: "The key entries of the body are not those the claims list.",
    todo: "List in body.recipients exactly the kid of every entry of the JWE, sorted.",
  },
  "body/recipients-keys": {
    when: "The body is not encrypted to exactly one currently valid key of each of to and copies.",
    todo: "Refresh the membership, encrypt the body to every recipient's current key, and sign again.",
  },
  "body/undecryptable": {
    when: "The body cannot be decrypted with any of the reader's keys.",
    todo: "Check that the reader's encryption key is the registered one; ask the sender to send again.",
  },
  "body/commitment": {
    when: "The decrypted text does not match the commitment in the claims.",
    todo: "Do not use the text: other recipients may have been shown another one. Report it to the sender.",
  },
  "body/form": {
    when: "The decrypted text does not follow the form of its kind.",
    todo: "Ask the sender to correct it; the forms are in schemas/.",
  },
  "message/id-reused": {
    when: "The sender has already used this id for another message.",
    todo: "Send the changed message under a new id.",
  },
  "message/recipient-full": {
    when: "A recipient has left as much unacknowledged as it may, from this sender or in all.",
    todo: "Reach the recipient by other means to read its inbox, then send a new message.",
  },
  "message/no-policy-set": {
    when: "No policy set is in force yet, so nothing can be permitted.",
    todo: "Wait until the country authorities have activated a policy set, then send a new message.",
  },
  "statement/not-genesis": {
    when: "The ledger is empty, and the statement is not the anchor's or not signed by the pinned key.",
    todo: "Publish the anchor's statement first; its key must be the one the services are configured with.",
  },
  "statement/unauthorised": {
    when: "The issuer may not make this statement about this subject.",
    todo: "Anchor: authorities and services. Country authority: its own country. Nothing more.",
  },
  "statement/version": {
    when: "The version is not the next one of this statement's subject.",
    todo: "Read the current version and sign the next.",
  },
  "statement/key-taken": {
    when: "A key or account of the statement already belongs to another party or another use.",
    todo: "Make a new key pair: a key belongs to one party and one use, ever.",
  },
  "statement/revoked": {
    when: "The statement would bring back a party that was revoked.",
    todo: "Enrol it anew, under another id: what waited for the old one is gone. Suspending can be undone.",
  },
  "statement/no-keys": {
    when: "The statement lists no key of a party that is to be active.",
    todo: "Have it make another key (`leix agency rotate`) and register that, or suspend it until then.",
  },
  "statement/possession": {
    when: "A key that signs, or the account, has not proven itself for this party and this exchange.",
    todo: "Have the key's holder sign a proof (`leix agency init` does), and nothing else, then sign again.",
  },
  "statement/subject": {
    when: "The subject of the statement is not registered, or does not belong to the issuer's country.",
    todo: "Enrol the subject first; an agency's id starts with its country's code.",
  },
  "statement/limit": {
    when: "As many agencies, groups, policy files, or reports of one agency's lost keys are there as may be.",
    todo: "Use what is recorded. A key that is lost is withdrawn by a new version of its agency, too.",
  },
  "statement/proposal": {
    when: "What is to be signed, amended or ended is not there, or something else is proposed by now.",
    todo: "Look again (`leix terms show`, `leix policy show`), and sign the digest that is told there.",
  },
  "statement/policy-set": {
    when: "The policy set names files that are not recorded, an unknown decider, or does not validate.",
    todo:
      "Record every file first, and try the set before it is signed: " +
      "`leix audit what-if --policies <folder>`.",
  },
  "decision/malformed": {
    when: "A decision is not an SD-JWT of the form this protocol fixes.",
    todo: "Treat its source as broken or hostile; fetch the record from the ledger.",
  },
  "decision/disclosure": {
    when: "A disclosure of a decision is not covered by a digest in what was signed, or is given twice.",
    todo: "Do not believe the disclosure; ask an auditor for the record.",
  },
  "decision/other-message": {
    when: "A decision is not about what it came with, or came as a notice and tells its reader nothing.",
    todo: "Do not use what came with it; report a message as unverifiable.",
  },
  "decision/not-permitted": {
    when: "A copy arrived whose decision does not permit this recipient.",
    todo: "Do not use the message; report it as unverifiable.",
  },
  "decision/engine": {
    when: "The policy engine failed on this input; an engine failure is never a permit.",
    todo: "Operator: read the quarantine entry and the diagnostics. Sender: do not send it again unchanged.",
  },
  "record/malformed": {
    when: "A ledger record is not of a known form, or its bytes are not canonical.",
    todo: "The copy is damaged or altered: compare it with another copy of the ledger.",
  },
  "record/index": {
    when: "A record's index is not its place in the ledger.",
    todo: "A record was removed, inserted or moved: compare with another copy of the ledger.",
  },
  "record/chain": {
    when: "A record does not name the record before it.",
    todo: "The ledger was cut or replaced here: compare with another copy of the ledger.",
  },
  "record/time": {
    when: "A record's time is before the time of the record before it.",
    todo: "The policy service's clock or signer misbehaved: report it to the anchor.",
  },
  "record/input": {
    when: "A record's decision is about another input than the one it stands beside.",
    todo: "The record was altered: compare it with another copy of the ledger.",
  },
  "record/decided-otherwise": {
    when: "Deciding the record again from the records before it gives another answer.",
    todo: "The policy service decided wrongly or was changed: report the difference to the authorities.",
  },
  "record/seal-missing": {
    when: "A record stands where the seal of an epoch that had ended should have been recorded before it.",
    todo: "The policy service kept its ledger open beyond the epoch's end: report it to the authorities.",
  },
  "record/overdue-missing": {
    when: "A record stands where an overdue duty, or a recall, should have been recorded before it.",
    todo: "The policy service kept silent about a term that ran out: report it to the authorities.",
  },
  "record/decider-unknown": {
    when: "A record names a decider that this program does not have.",
    todo: "Upgrade the auditor: released deciders are never removed.",
  },
  "ledger/rolled-back": {
    when: "The ledger is shorter than, or differs from, what this follower has already seen.",
    todo:
      "Agency: tell the operator; what `leix outbox` lists is kept, so do not send that again. Operator: " +
      "stop the services, and recreate LEDGER from the ledger service's store: `leix ledger restore`.",
  },
  "ledger/unreadable": {
    when: "An exported ledger cannot be read as such a file.",
    todo: "Export it again with `leix audit export`.",
  },
  ...LEDGER_ERRORS,
  ...AUDIT_ERRORS,
  ...REPLAY_ERRORS,
  ...RESTORE_ERRORS,
  ...TLOG_ERRORS,
  ...ENROLMENT_ERRORS,
  ...EVIDENCE_ERRORS,
  ...WITNESS_ERRORS,
  ...KEY_ERRORS,
  ...BROKER_ERRORS,
  "config/invalid": {
    when: "The configuration is wrong, or a file is missing, in the way or not what it should be.",
    todo: "Correct every entry or file named in the detail.",
  },
  "command/arguments": {
    when: "What the command was given does not go together, is not enough, or cannot be read.",
    todo: "Correct what the detail names; the command with --help lists all that it takes.",
  },
  "config/network-missing": {
    when: "The network folder does not exist or is not one made by `leix network init`.",
    todo:
      "Run `leix network init`, or name the folder with --dir or LEIX_NETWORK. On an agency's machine say " +
      "whose it is, as in `leix doctor --as AL-SPOC`. To check what was handed over, name --anchor.",
  },
  "config/network-exists": {
    when: "`leix network init` was asked to write into a folder that already has something in it.",
    todo: "Name another folder, or remove this one if its keys are no longer needed.",
  },
  "network/services-failing": {
    when: "A service of the exchange is not well, or does not answer, though all of them were started.",
    todo: "Do what is said of it above. Its own log has more: `log/<service>.log` in the network folder.",
  },
  "config/party-unknown": {
    when: "The network folder has no keys of this party.",
    todo: "Use one of the parties listed in the detail.",
  },
  "client/decision-timeout": {
    when: "The message is received durably, but no decision came back in the time given.",
    todo: "Nothing is lost: run `leix inbox` later, or start the policy service if it is down.",
  },
  "client/not-found": {
    when: "This agency has no message with that id.",
    todo: "Check the id with `leix inbox` or `leix outbox`.",
  },
  "client/id-ambiguous": {
    when: "More than one of this agency's messages has an id that begins or ends like that.",
    todo: "Give more of the id; the detail lists the ids that fit.",
  },
  "client/recipient-unusable": {
    when: "A recipient is not a registered agency, or has no encryption key that is valid now.",
    todo: "Check the agency's id. If it is right, its country authority has to register it, or a new key.",
  },
  "client/retention-ended": {
    when: "The message's deleteBy has passed: this node has it no more, and it cannot be read.",
    todo: "Ask its sender for it again, if there still is a purpose for it.",
  },
  "client/erased": {
    when: "An officer of this agency had the message's text erased: this node has it no more.",
    todo: "Nothing, where it was recalled or corrected. Else ask its sender, if there still is a purpose.",
  },
  "client/chain-behind": {
    when: "The folder is older than what this agency has sent, as one that was put back from a backup.",
    todo:
      "Stop the node, ask an auditor for the last message (`leix audit last <agency>`), and let the folder " +
      "go on from there: `leix agency resume`.",
  },
  "client/store-unusable": {
    when: "The node's own store cannot be opened, a newer program wrote it, or it cannot let go of a text.",
    todo: "Check its rights and the disk's room, use the newer program, end what else reads it; try again.",
  },
} as const satisfies Record<string, ErrorText>;

export type ErrorCode = keyof typeof ERRORS;

/** Is this text one of the catalogue's codes? */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/**
 * Every error that LEIX throws on purpose. `detail` names members, sizes and ids, never content or secrets;
 * `cause` keeps what led to it.
 */
export class LeixError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail = "", options?: { cause?: unknown }) {
    super(detail === "" ? code : `${code}: ${detail}`, options);
    this.name = "LeixError";
    this.code = code;
    this.detail = detail;
  }

  /** What happened and what to do next, for a person. */
  explain(): string {
    const text = ERRORS[this.code];
    return `${text.when}${this.detail === "" ? "" : ` (${this.detail})`} ${text.todo} [${this.code}]`;
  }
}

/** A broken invariant is a defect of this program: it throws, the process dies, a restart recovers. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`);
}
