import {
  type AccountId,
  limits,
  STREAM_SUBJECTS,
  STREAMS,
  toInboxFilter,
  toOutSubject,
} from "@leix/protocol";
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";

export interface StreamSizes {
  /** Servers that hold a copy: 1 or 3. */
  readonly replicas: number;
  /** What all accounts together may have waiting. */
  readonly outBytesMax: number;
  readonly inboxBytesMax: number;
  readonly quarantineBytesMax: number;
}

export const STREAM_SIZES_DEFAULT: StreamSizes = {
  replicas: 1,
  outBytesMax: 16 * 1_073_741_824,
  inboxBytesMax: 64 * 1_073_741_824,
  quarantineBytesMax: 1_073_741_824,
};

export type WantedStream = Partial<StreamConfig> & { readonly name: string };
export type WantedConsumer = Partial<ConsumerConfig> & { readonly durable_name: AccountId };
export interface NamedConsumer {
  readonly stream: string;
  readonly config: WantedConsumer;
}

/**
 * A subject that was used is refused for as long as its message is there: in LEDGER that is for ever.
 * `Nats-Msg-Id` means nothing to us, so its memory is the shortest that the server accepts.
 */
function toCommon(replicas: number): Partial<StreamConfig> {
  return {
    storage: StorageType.File,
    num_replicas: replicas,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    max_age: 0,
    allow_rollup_hdrs: false,
    allow_direct: false,
    allow_atomic: false,
    deny_delete: false,
    deny_purge: false,
  };
}

const DUPLICATE_WINDOW_MS = 100;
/** Redelivered when it was not acknowledged in this time: longer than any batch takes. */
const OUT_ACK_WAIT_MS = 30_000;
const INBOX_ACK_WAIT_MS = 30_000;
/** Handed out and not yet acknowledged, for one account. */
const OUT_ACK_PENDING_MAX = 1_000;
const INBOX_ACK_PENDING_MAX = 256;
const PULLS_WAITING_MAX = 64;
const PULL_EXPIRES_MS_MAX = 60_000;

/** How many checkpoints stay: a day of one a second. The ledger service's store has the newest anyway. */
const CHECKPOINTS_KEPT_MAX = 86_400;
const CHECKPOINT_BYTES_MAX = 65_536;

/** The six streams, as JetStream's own configuration. Nothing that a header could switch on is on in OUT. */
export function toWantedStreams(sizes: StreamSizes): WantedStream[] {
  const common = toCommon(sizes.replicas);
  return [
    {
      ...common,
      name: STREAMS.out,
      subjects: [...STREAM_SUBJECTS.out],
      retention: RetentionPolicy.Workqueue,
      max_msgs_per_subject: limits.OUT_BACKLOG_MESSAGES_MAX,
      max_bytes: sizes.outBytesMax,
    },
    {
      ...common,
      name: STREAMS.ledger,
      subjects: [...STREAM_SUBJECTS.ledger],
      retention: RetentionPolicy.Limits,
      max_msgs_per_subject: 1,
      max_bytes: -1,
      max_msg_size: limits.RECORD_BYTES_MAX + limits.COPY_OVERHEAD_BYTES_MAX,
      allow_atomic: true,
      allow_direct: true,
      deny_delete: true,
      deny_purge: true,
    },
    {
      ...common,
      name: STREAMS.inbox,
      subjects: [...STREAM_SUBJECTS.inbox],
      retention: RetentionPolicy.Workqueue,
      max_msgs_per_subject: 1,
      max_bytes: sizes.inboxBytesMax,
      allow_atomic: true,
    },
    {
      ...common,
      name: STREAMS.quarantine,
      subjects: [...STREAM_SUBJECTS.quarantine],
      retention: RetentionPolicy.Limits,
      max_msgs_per_subject: 1,
      max_bytes: sizes.quarantineBytesMax,
      deny_delete: true,
      deny_purge: true,
    },
    {
      ...common,
      name: STREAMS.checkpoint,
      subjects: [...STREAM_SUBJECTS.checkpoint],
      retention: RetentionPolicy.Limits,
      // One subject, of which the oldest go; uniqueness is the compare-and-set's.
      discard: DiscardPolicy.Old,
      discard_new_per_subject: false,
      max_msgs_per_subject: CHECKPOINTS_KEPT_MAX,
      max_msg_size: CHECKPOINT_BYTES_MAX,
      allow_direct: true,
      deny_delete: true,
      deny_purge: true,
    },
    {
      ...common,
      name: STREAMS.sealed,
      subjects: [...STREAM_SUBJECTS.sealed],
      retention: RetentionPolicy.Limits,
      max_msgs_per_subject: 1,
      max_bytes: -1,
      max_msg_size: limits.SEALED_PIECE_BYTES_MAX + limits.COPY_OVERHEAD_BYTES_MAX,
      allow_direct: true,
      deny_delete: true,
    },
  ];
}

/** The two consumers of one account: what it sends, and what it is sent. Both named by the account. */
export function toWantedConsumers(account: AccountId): NamedConsumer[] {
  const inbox = {
    ...toCommonConsumer(account),
    filter_subject: toInboxFilter(account),
    ack_wait: nanos(INBOX_ACK_WAIT_MS),
    max_ack_pending: INBOX_ACK_PENDING_MAX,
  };
  return [toWantedOutConsumer(account), { stream: STREAMS.inbox, config: inbox }];
}

/** What an account sends. The clock's has no other: nothing is ever sent to it. */
export function toWantedOutConsumer(account: AccountId): NamedConsumer {
  const config = {
    ...toCommonConsumer(account),
    filter_subject: toOutSubject(account),
    ack_wait: nanos(OUT_ACK_WAIT_MS),
    max_ack_pending: OUT_ACK_PENDING_MAX,
  };
  return { stream: STREAMS.out, config };
}

function toCommonConsumer(account: AccountId): WantedConsumer {
  return {
    durable_name: account,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    max_deliver: -1,
    max_waiting: PULLS_WAITING_MAX,
    max_expires: nanos(PULL_EXPIRES_MS_MAX),
  };
}
