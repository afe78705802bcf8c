import { join } from "node:path";
import {
  decodeUtf8,
  encodeLogAnswer,
  encodeLogRefusal,
  encodeTileAnswer,
  encodeUtf8,
  parseLogQuestion,
  type SigningKey,
  toLogOrigin,
} from "@leix/protocol";
import { loadSigningKey } from "@leix/runtime";
import {
  createSigner,
  encodeAddCheckpoint,
  encodeCheckpoint,
  encodeNote,
  encodeTile,
  type HashReader,
  hashLeaf,
  hashTree,
  listTileNodes,
  type Note,
  parseNote,
  parseTilePath,
  proveConsistency,
  signNote,
} from "@leix/tlog";
import type { TestExchange } from "../exchange.testkit.ts";

/** A ledger service in memory: its tree, its key, and its answers; with another history at hand. */
export interface TestLog {
  readonly origin: string;
  size: number;
  /** Whether questions about tiles are refused, as whoever has something to hide would. */
  withholdsTiles: boolean;
  /** How many of the lines handed in are said to be taken: as whoever knows the key, or does not. */
  takes: number;
  /** How many questions about tiles were asked. */
  tilesAsked: number;
  /** What was handed in, in order. */
  readonly handedIn: { readonly size: number; readonly lines: Uint8Array }[];
  /** Another history under the same key, the same up to so many leaves. */
  fork(at: number): TestLog;
  sign(size?: number): Promise<Note>;
  /** An add-checkpoint body from one size to another. */
  request(oldSize: number, size?: number): Promise<Uint8Array>;
  rootOf(size: number): Uint8Array;
  /** At `leix.log`. */
  answer(question: Uint8Array): Promise<Uint8Array>;
}

export async function createTestLog(exchange: TestExchange, size: number): Promise<TestLog> {
  const key = await loadSigningKey(join(exchange.dir, "services/ledger"));
  return createLog(toLogOrigin(exchange.network.exchange), key, size, (index) => `leaf ${index}`);
}

function createLog(
  origin: string,
  key: SigningKey,
  size: number,
  toEntry: (index: number) => string,
): TestLog {
  const hashLeaves = (begin: number, end: number) =>
    Array.from({ length: end - begin }, (_, i) => hashLeaf(encodeUtf8(toEntry(begin + i))));
  const read: HashReader = ({ level, index }) =>
    hashTree(hashLeaves(index * 2 ** level, (index + 1) * 2 ** level));
  const log: TestLog = {
    origin,
    size,
    withholdsTiles: false,
    takes: 1,
    tilesAsked: 0,
    handedIn: [],
    fork: (at) => createLog(origin, key, size, (index) => (index < at ? toEntry(index) : `other ${index}`)),
    rootOf: (of) => hashTree(hashLeaves(0, of)),
    async sign(of = log.size) {
      const text = encodeCheckpoint({ origin, size: of, root: log.rootOf(of), extensions: [] });
      const signer = await createSigner(origin, "ed25519", key);
      return parseNote(encodeNote({ text, signatures: [await signNote(text, signer)] }));
    },
    async request(oldSize, of = log.size) {
      const { hashes } = proveConsistency(oldSize, of, read);
      return encodeAddCheckpoint({ oldSize, hashes, note: await log.sign(of) });
    },
    async answer(bytes) {
      const question = parseLogQuestion(bytes);
      switch (question.ask) {
        case "add-checkpoint": {
          const request = question.old < log.size ? decodeUtf8(await log.request(question.old)) : null;
          return encodeLogAnswer("add-checkpoint", { request });
        }
        case "cosignatures":
          log.handedIn.push({ size: question.size, lines: encodeUtf8(question.lines) });
          return encodeLogAnswer("cosignatures", { accepted: log.takes });
        case "tile": {
          log.tilesAsked++;
          const tile = parseTilePath(question.path);
          if (log.withholdsTiles || tile.kind === "entries") return encodeLogRefusal("ledger/file-missing");
          const hashes = listTileNodes(tile).map((node) => read(node) ?? new Uint8Array());
          return encodeTileAnswer(encodeTile(hashes));
        }
      }
    },
  };
  return log;
}
