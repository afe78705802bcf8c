import { join } from "node:path";
import {
  checkSignature,
  createLayer,
  examine,
  findVersions,
  fold,
  type State,
  step,
  type Unversioned,
} from "@leix/exchange";
import { type AccountId, CountryCode, LeixError, type SigningKey, type Statement } from "@leix/protocol";
import { loadPartyFolder, loadSigningKey, PARTY_FILES, type PassphraseSource } from "@leix/runtime";
import { createNatsPost } from "../nats-post.ts";
import type { Post } from "../ports.ts";
import { DESK_FILES, type DeskFolder, type Outgoing, openDeskFolder } from "./desk-folder.ts";
import { type KeptStatement, type KeptStatements, openKeptStatements } from "./kept-statements.ts";
import { publishStatement } from "./publish-statement.ts";
import { type SignedStatement, signStatement } from "./signed-statement.ts";
import type { StatementAnswer } from "./take-answers.ts";

/** A statement without what the desk fills in. Where it has a version, that is kept. */
export type StatementContent<S = Statement> = S extends Statement
  ? Omit<S, "v" | "aud" | "iss" | "iat" | "version"> & { readonly version?: number }
  : never;

export interface DeskOptions {
  /** The folder of the anchor or of a country authority. */
  readonly folder: string;
  /** Where the broker is, instead of what the folder says. */
  readonly natsUrl?: string | undefined;
  /** How long to keep trying for the first connection. Default 0: one try. */
  readonly connectWaitMs?: number;
  readonly askPassphrase?: PassphraseSource;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** The exchange, by another way than NATS. */
  readonly post?: Post;
}

/**
 * From where an authority, or the anchor, speaks. Needs no broker to read and to sign; several may be opened
 * on one folder. `await using` closes its connection.
 */
export interface Desk extends AsyncDisposable {
  readonly party: "anchor" | CountryCode;
  /** The membership as it was last asked for, every statement proven. */
  readonly state: State;
  /** The statements behind it that this party is told, in the order of the ledger. */
  readonly statements: readonly KeptStatement[];
  /** Asks the registry what is new, and keeps it. Returns how many. Throws `broker/`, `record/` codes. */
  refresh(): Promise<number>;
  /**
   * The same membership with what is signed here and not answered yet on top. Throws `config/invalid` where
   * the membership was never asked for.
   */
  draft(): Promise<State>;
  /**
   * Signs a statement as its next version, and keeps it as outgoing: durable on return. What the exchange
   * would refuse by this membership is refused here, with its code, and not kept.
   */
  sign(content: StatementContent): Promise<SignedStatement>;
  /**
   * Publishes it through this party's own account and waits for the answer, proven by the policy service's
   * signature. To publish the same one again is harmless: it has one answer, for ever. Throws
   * `client/decision-timeout` where none came in time, and the `broker/` codes: it stays outgoing then.
   */
  publish(signed: SignedStatement, timeoutMs?: number): Promise<StatementAnswer>;
  /** What is signed and not answered yet, the oldest first. */
  listOutgoing(): Promise<readonly Outgoing[]>;
  /** Takes back what was not published: it is gone, if nobody else has its file. */
  drop(signed: SignedStatement): Promise<void>;
}

const PUBLISH_MS = 30_000;

/**
 * Throws `config/party-unknown`, `config/invalid` where the folder is no authority's or the kept membership
 * is damaged. The signing key is loaded when something is signed: a machine that only publishes needs none.
 */
export async function openDesk(options: DeskOptions): Promise<Desk> {
  const {
    party: file,
    access,
    askPassphrase,
  } = await loadPartyFolder(options.folder, options.natsUrl, options.askPassphrase);
  const party = parseParty(file.id);
  if (!file.account) throw new LeixError("config/invalid", `${PARTY_FILES.party} names no account`);
  const { aud, anchorKey, anchorAccount, account } = file;
  const trust = { aud, anchorKey, anchorAccount };
  await using resources = new AsyncDisposableStack();
  const { connectWaitMs = 0 } = options;
  const toPost = () =>
    createNatsPost({ access, account, name: party, connectWaitMs, onChange: () => undefined });
  const post = options.post ?? resources.use(toPost());
  const kept = await openKeptStatements(trust, join(options.folder, DESK_FILES.membership));
  const folder = openDeskFolder(options.folder);
  const parts: DeskParts = {
    party,
    account,
    kept,
    folder,
    post,
    clock: options.clock ?? Date.now,
    loadKey: () => loadSigningKey(options.folder, askPassphrase),
  };
  await dropRecorded(parts);
  return toDesk(parts, resources.move());
}

export interface DeskParts {
  readonly party: "anchor" | CountryCode;
  readonly account: AccountId;
  readonly kept: KeptStatements;
  readonly folder: DeskFolder;
  readonly post: Post;
  readonly clock: () => number;
  readonly loadKey: () => Promise<SigningKey>;
}

function parseParty(id: string): "anchor" | CountryCode {
  if (id === "anchor") return id;
  const country = CountryCode.safeParse(id);
  if (country.success) return country.data;
  throw new LeixError("config/invalid", `${id} is no authority, and not the anchor`);
}

function toDesk(parts: DeskParts, resources: AsyncDisposableStack): Desk {
  const { kept, folder, post } = parts;
  return {
    party: parts.party,
    state: kept.state,
    statements: kept.list,
    async refresh() {
      const count = await kept.refresh(post);
      await dropRecorded(parts);
      return count;
    },
    draft: () => createDraft(parts),
    sign: (content) => sign(content, parts),
    publish: (signed, timeoutMs = PUBLISH_MS) => publishStatement(signed, parts, timeoutMs),
    listOutgoing: () => folder.listOutgoing(),
    drop: ({ digest }) => folder.dropOutgoing(digest),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Its answer may have reached another machine, or come when nobody waited. */
async function dropRecorded({ kept, folder }: DeskParts): Promise<void> {
  const recorded = new Set(kept.list.map(({ digest }) => digest));
  for (const { signed } of await folder.listOutgoing()) {
    if (recorded.has(signed.digest)) await folder.dropOutgoing(signed.digest);
  }
}

async function createDraft(parts: DeskParts): Promise<State> {
  const { state } = parts.kept;
  if (state.head.index === 0) {
    throw new LeixError("config/invalid", "the membership is not kept here yet; ask once with a connection");
  }
  const draft = createLayer(state);
  for (const { signed } of await parts.folder.listOutgoing()) await tryOn(draft, signed, parts);
  return draft;
}

async function sign(content: StatementContent, parts: DeskParts): Promise<SignedStatement> {
  const { party, kept, clock, folder } = parts;
  const draft = await createDraft(parts);
  const about = { ...content, iss: party } as Unversioned;
  const version = content.version ?? findVersions(draft, about).max;
  const iat = Math.floor(clock() / 1_000);
  const { aud } = kept.state.trust;
  const signed = await signStatement(
    { ...content, v: 1, aud, iss: party, iat, version },
    await parts.loadKey(),
  );
  const refusal = await tryOn(draft, signed, parts);
  if (refusal) throw new LeixError(refusal.code, refusal.detail);
  await folder.keepOutgoing(signed);
  return signed;
}

/** What the exchange would make of it after this draft, which it becomes part of. */
async function tryOn(
  draft: State,
  { bytes, digest }: SignedStatement,
  { account, clock }: DeskParts,
): Promise<Extract<StatementAnswer, { kind: "refused" }> | undefined> {
  const now = Math.floor(clock() / 1_000);
  const examined = await examine({ account, sequence: 0, received: now, bytes, isGivenUp: false });
  const entry = step(draft, examined, await checkSignature(examined, draft), now);
  if (entry.kind === "rejection") return { kind: "refused", code: entry.code, detail: entry.detail };
  if (entry.kind === "statement") fold(draft, entry, digest);
  return undefined;
}
