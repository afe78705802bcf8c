import { type ErrorCode, encodeUtf8, LeixError } from "@leix/protocol";
import {
  type AddCheckpoint,
  type AddCheckpointDecision,
  cosignCheckpoint,
  createVerifier,
  decideAddCheckpoint,
  encodeCosignatures,
  encodeNote,
  encodeTreeSize,
  type NoteSigner,
  parseAddCheckpoint,
  parseNote,
  TREE_SIZE_CONTENT_TYPE,
  type VerifierKey,
} from "@leix/tlog";
import type { WitnessedRow, WitnessedTrees } from "../store/witnessed.ts";
import { verifyLogNote } from "./compare.ts";

/** What a witness answers to C2SP tlog-witness add-checkpoint, as HTTP has it. */
export interface WitnessAnswer {
  readonly status: AddCheckpointDecision["status"];
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** What came of a request beside its answer. */
export type WitnessOutcome = { readonly answer: WitnessAnswer } & (
  | { readonly kind: "kept"; readonly size: number }
  | {
      readonly kind: "refused";
      readonly code: ErrorCode;
      /** Where the log's key has signed what does not extend the last tree, or is not shown to. */
      readonly contradiction?: Contradiction;
    }
);

export interface Contradiction {
  readonly last: WitnessedRow;
  readonly request: AddCheckpoint;
}

export interface CosignerOptions {
  readonly origin: string;
  readonly trees: WitnessedTrees;
  /** Without one it watches and refuses all the same, and cosigns nothing. */
  readonly findSigner: () => Promise<NoteSigner<"cosignature/v1"> | undefined>;
  /** The keys that the ledger service may sign with now. */
  readonly listLogKeys: () => readonly VerifierKey<"ed25519">[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface Cosigner {
  addCheckpoint(body: Uint8Array): Promise<WitnessOutcome>;
  /** The cosignature of a tree that was kept: the same bytes each time. Undefined without a key. */
  cosign(kept: WitnessedRow): Promise<Uint8Array | undefined>;
}

const TEXT = "text/plain; charset=utf-8";

/** C2SP tlog-witness, "add-checkpoint", for one log. */
export function createCosigner(options: CosignerOptions): Cosigner {
  const cosign: Cosigner["cosign"] = async ({ note, at }) => {
    const signer = await options.findSigner();
    if (!signer) return undefined;
    return encodeCosignatures([await cosignCheckpoint(parseNote(note).text, at, signer)]);
  };
  return {
    cosign,
    async addCheckpoint(body) {
      try {
        return await judge(parseAddCheckpoint(body), options, cosign);
      } catch (error) {
        if (error instanceof LeixError && error.code.startsWith("tlog/")) return refuse(400, error.code);
        throw error;
      }
    },
  };
}

/**
 * Kept before cosigned. A crash after it was kept: it is the last one, and is cosigned when it is asked for
 * again. A crash before: nothing happened. Where another process came first, all is judged again.
 */
async function judge(
  request: AddCheckpoint,
  options: CosignerOptions,
  cosign: Cosigner["cosign"],
): Promise<WitnessOutcome> {
  const { origin, trees, listLogKeys, clock } = options;
  while (true) {
    const last = trees.get(origin);
    const keys = listLogKeys();
    const verifiers = await Promise.all(keys.map(createVerifier));
    const decision = await decideAddCheckpoint(request, (asked) =>
      asked === origin ? { origin, verifiers, cosigned: last ?? null } : undefined,
    );
    if (decision.status !== 200) return toRefusal(decision, request, last);
    const { size, root } = decision.checkpoint;
    const note = encodeNote(await verifyLogNote(request.note, () => keys));
    const at = trees.keep(origin, { size, root, note, at: Math.floor(clock() / 1_000) }, last);
    if (at === undefined) continue;
    const lines = await cosign({ size, root, note, at, isHandedIn: false });
    const answer: WitnessAnswer = { status: 200, contentType: TEXT, body: lines ?? new Uint8Array() };
    return { kind: "kept", size, answer };
  }
}

function toRefusal(
  decision: Exclude<AddCheckpointDecision, { status: 200 }>,
  request: AddCheckpoint,
  last: WitnessedRow | undefined,
): WitnessOutcome {
  const contradiction = last ? { contradiction: { last, request } } : {};
  switch (decision.status) {
    case 409: {
      const body = encodeTreeSize(decision.size);
      const answer: WitnessAnswer = { status: 409, contentType: TREE_SIZE_CONTENT_TYPE, body };
      if (decision.isFork) return { kind: "refused", code: "ledger/forked", answer, ...contradiction };
      return { kind: "refused", code: "tlog/add-checkpoint", answer };
    }
    case 422:
      return { ...refuse(422, toCode(decision.reason)), ...contradiction };
    default:
      return refuse(decision.status, toCode(decision.reason));
  }
}

function toCode(reason: ErrorCode | "unknown-origin" | "old-size"): ErrorCode {
  if (reason === "unknown-origin") return "tlog/origin";
  return reason === "old-size" ? "tlog/size" : reason;
}

function refuse(status: 400 | 403 | 404 | 422, code: ErrorCode): WitnessOutcome & { kind: "refused" } {
  return { kind: "refused", code, answer: { status, contentType: TEXT, body: encodeCode(code) } };
}

/** For whoever reads the log's own log; the specification asks for nothing here. */
function encodeCode(code: ErrorCode): Uint8Array {
  return encodeUtf8(`${code}\n`);
}
