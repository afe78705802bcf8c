import { CHECKPOINT_SUBJECT, STREAMS } from "@leix/protocol";
import type { PublicNkey } from "./nkeys.ts";

/** What one kind of user may do: allow-lists only (deny-lists had bypasses), never a right on everything. */
export interface RolePermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

export type BrokerRole =
  | "policy"
  | "registry"
  | "ledger"
  | "auditor"
  | "provisioner"
  | "restorer"
  | "monitor";
export type SystemRole = "pusher" | "reloader";

/**
 * Where a role's users live. BROKER owns the streams, and whoever may ask JetStream anything from within
 * BROKER can have the answer stored in any stream, by naming one of its subjects as the reply: an auditor
 * could write into the ledger. So whoever only reads lives in READER and asks across the border, where a
 * reply goes to the asker and nowhere else. An answer that is replied to an imported subject crosses back
 * over that import (tried): so READER imports nothing that writes, and the ledger service, which appends
 * checkpoints, lives alone in LOG: of all that is stored it can add to the checkpoints only.
 */
export type RoleAccount = "BROKER" | "READER" | "LOG";

/** Replies reach only the user that asked: nats-server replaces the template by the user's own public key. */
const OWN_INBOX = "_INBOX.{{subject()}}.>";
/** What the account that a user lives in has to say for itself: in BROKER, the ticks of its clock. */
const OWN_OUT = "leix.out.{{account-subject()}}";
/** Reads by sequence, several at once: no consumer, so no right to make one that delivers elsewhere. */
const READ_LEDGER = "$JS.API.DIRECT.GET.LEDGER";
/** The newest checkpoint, and no other message of any stream. */
const READ_CHECKPOINT = `$JS.API.DIRECT.GET.${STREAMS.checkpoint}.${CHECKPOINT_SUBJECT}`;
/** What LEDGER begins with where its beginning was put away: read like LEDGER. */
const READ_SEALED = `$JS.API.DIRECT.GET.${STREAMS.sealed}`;
/** Told that something is being written; what was written is only ever read from the stream. */
const LEDGER_HINT = "leix.ledger.>";
const STREAM_INFO = "$JS.API.STREAM.INFO.*";
const CONSUMER_INFO = "$JS.API.CONSUMER.INFO.*.*";

/** JetStream's administration as READER sees it: under `$JS.API` the server answers about READER itself. */
export const READER_API = "leix.api";

/** What BROKER shows to other accounts of the exchange, and how these ask for it. */
export interface ShownService {
  readonly name: string;
  readonly subject: string;
  readonly response_type: "Singleton" | "Stream";
  readonly local_subject: string;
}

const LEDGER_SERVICE: ShownService = {
  name: "read",
  subject: READ_LEDGER,
  response_type: "Stream",
  local_subject: READ_LEDGER,
};
const NEWEST_CHECKPOINT_SERVICE: ShownService = {
  name: "newest-checkpoint",
  subject: READ_CHECKPOINT,
  response_type: "Singleton",
  local_subject: READ_CHECKPOINT,
};

const SEALED_SERVICE: ShownService = {
  name: "read-sealed",
  subject: READ_SEALED,
  response_type: "Stream",
  local_subject: READ_SEALED,
};

export const READER_SERVICES: readonly ShownService[] = [
  LEDGER_SERVICE,
  SEALED_SERVICE,
  NEWEST_CHECKPOINT_SERVICE,
  {
    name: "streams",
    subject: STREAM_INFO,
    response_type: "Singleton",
    local_subject: `${READER_API}.STREAM.INFO.$1`,
  },
  {
    name: "consumers",
    subject: CONSUMER_INFO,
    response_type: "Singleton",
    local_subject: `${READER_API}.CONSUMER.INFO.$1.$2`,
  },
];
export const LOG_SERVICES: readonly ShownService[] = [
  LEDGER_SERVICE,
  NEWEST_CHECKPOINT_SERVICE,
  {
    name: "append-checkpoint",
    subject: CHECKPOINT_SUBJECT,
    response_type: "Singleton",
    local_subject: CHECKPOINT_SUBJECT,
  },
];
/** What both hear. */
export const LEDGER_HINTS = [{ name: "hints", subject: LEDGER_HINT }] as const;

export const BROKER_ROLES: Readonly<Record<BrokerRole, RolePermissions & { readonly account: RoleAccount }>> =
  {
    policy: {
      account: "BROKER",
      publish: [
        "$JS.API.CONSUMER.MSG.NEXT.OUT.*",
        "$JS.ACK.OUT.>",
        "leix.ledger.>",
        "leix.in.>",
        "leix.quarantine.>",
        OWN_OUT,
        READ_LEDGER,
        READ_SEALED,
        READ_CHECKPOINT,
      ],
      subscribe: [OWN_INBOX, LEDGER_HINT],
    },
    // What waits for whoever is revoked is removed. Which inbox, only the question's body says: whoever has
    // this right can empty any, and read none. The registry could take them away anyway: it signs accounts.
    // `_R_` is how the server names the way back to an asker in another account; nobody can guess one.
    registry: {
      account: "BROKER",
      publish: [
        "$JS.API.CONSUMER.CREATE.OUT.*.leix.out.*",
        "$JS.API.CONSUMER.CREATE.INBOX.*.leix.in.*.>",
        `$JS.API.STREAM.PURGE.${STREAMS.inbox}`,
        READ_LEDGER,
        READ_SEALED,
        READ_CHECKPOINT,
        "_R_.>",
      ],
      subscribe: [OWN_INBOX, LEDGER_HINT, "leix.rules.*"],
    },
    ledger: {
      account: "LOG",
      publish: [READ_LEDGER, READ_CHECKPOINT, CHECKPOINT_SUBJECT, "_R_.>"],
      subscribe: [OWN_INBOX, LEDGER_HINT, "leix.log.*"],
    },
    auditor: {
      account: "READER",
      publish: [READ_LEDGER, READ_SEALED, READ_CHECKPOINT],
      subscribe: [OWN_INBOX, LEDGER_HINT],
    },
    // Used once, when the network comes up. Nobody that runs may update or delete a stream.
    provisioner: {
      account: "BROKER",
      publish: ["$JS.API.STREAM.CREATE.*", STREAM_INFO],
      subscribe: [OWN_INBOX],
    },
    // `leix ledger restore` and `rotate`, an operator's acts. Its key is offline, and its users live for one
    // act only.
    restorer: {
      account: "BROKER",
      publish: [
        `$JS.API.STREAM.DELETE.${STREAMS.ledger}`,
        `$JS.API.STREAM.CREATE.${STREAMS.ledger}`,
        `$JS.API.STREAM.INFO.${STREAMS.ledger}`,
        `$JS.API.STREAM.INFO.${STREAMS.out}`,
        `$JS.API.STREAM.INFO.${STREAMS.checkpoint}`,
        `$JS.API.STREAM.PURGE.${STREAMS.sealed}`,
        "leix.ledger.>",
        "leix.sealed.>",
        READ_LEDGER,
        READ_SEALED,
        READ_CHECKPOINT,
        CHECKPOINT_SUBJECT,
      ],
      subscribe: [OWN_INBOX],
    },
    // What `leix doctor` compares: settings and counts, no content.
    monitor: {
      account: "READER",
      publish: [`${READER_API}.STREAM.INFO.*`, `${READER_API}.CONSUMER.INFO.*.*`],
      subscribe: [OWN_INBOX],
    },
  };

/**
 * `pusher`, the registry's second identity: it tells the server the current JWT of an account, and nothing
 * else. `reloader`: `leix network renew`, an operator's act, has servers read their own configuration and
 * certificates again; its users live for that act only.
 */
export const SYSTEM_ROLES: Readonly<Record<SystemRole, RolePermissions>> = {
  pusher: {
    publish: ["$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP"],
    subscribe: [OWN_INBOX],
  },
  reloader: {
    publish: ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.*.RELOAD"],
    subscribe: [OWN_INBOX],
  },
};

/** A signing key that can only make users of one role: the account JWT carries what they may do. */
export interface ScopedSigningKey {
  readonly kind: "user_scope";
  readonly key: PublicNkey;
  readonly role: string;
  readonly template: {
    readonly pub: { readonly allow: string[] };
    readonly sub: { readonly allow: string[] };
    readonly data: number;
    readonly payload: number;
    readonly subs: number;
    readonly bearer_token: boolean;
    readonly allowed_connection_types: "STANDARD"[];
  };
}

/** Subscriptions one connection may hold; ours need a handful each. */
const USER_SUBSCRIPTIONS_MAX = 1_000;

export function toScopedKey(role: string, key: PublicNkey, permissions: RolePermissions): ScopedSigningKey {
  return {
    kind: "user_scope",
    key,
    role,
    template: {
      pub: { allow: [...permissions.publish] },
      sub: { allow: [...permissions.subscribe] },
      data: -1,
      payload: -1,
      subs: USER_SUBSCRIPTIONS_MAX,
      bearer_token: false,
      allowed_connection_types: ["STANDARD"],
    },
  };
}
