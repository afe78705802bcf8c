import {
  absorbLayer,
  auditStatement,
  createLayer,
  createState,
  type State,
  type Trust,
} from "@leix/exchange";
import { type Digest, encodeUtf8, LeixError, type ParsedRecord, type Statement } from "@leix/protocol";
import { replaceFile } from "@leix/runtime";
import type { Post } from "../ports.ts";
import { readWhole } from "./whole-file.ts";

/** A statement of the ledger that was proven here. */
export interface KeptStatement {
  readonly index: number;
  /** When it was recorded, in Unix seconds. */
  readonly at: number;
  readonly statement: Statement;
  readonly digest: Digest;
  /** As it was signed. */
  readonly token: string;
}

/**
 * The membership as this party was told it, each statement proven from those before it, and a copy of the
 * records in one file: with it alone, what is signed offline has its right version.
 */
export interface KeptStatements {
  readonly state: State;
  /** In the order of the ledger. */
  readonly list: readonly KeptStatement[];
  /** Asks for what is new, and keeps it; returns how many. Throws `broker/`, `record/` and `jws/` codes. */
  refresh(post: Pick<Post, "listRules">): Promise<number>;
}

const LINE_END = 0x0a;

/** Throws `config/invalid` where the file is not what was kept. Removing it makes the party ask again. */
export async function openKeptStatements(trust: Trust, file: string): Promise<KeptStatements> {
  const state = createState(trust);
  const lines = await readLines(file);
  const list: KeptStatement[] = [];
  for (const line of lines) list.push(await takeIn(state, line, file));
  return {
    state,
    list,
    async refresh(post) {
      const before = list.length;
      while (true) {
        const page = await post.listRules(state.head.index);
        if (page.length === 0) return list.length - before;
        const layer = createLayer(state);
        const found: KeptStatement[] = [];
        for (const bytes of page) found.push(toKept(await auditStatement(layer, bytes)));
        lines.push(...page);
        await replaceFile(file, joinLines(lines));
        absorbLayer(state, layer);
        list.push(...found);
      }
    },
  };
}

async function takeIn(state: State, line: Uint8Array, file: string): Promise<KeptStatement> {
  try {
    return toKept(await auditStatement(state, line));
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("config/invalid", `${file}: ${cause.code} ${cause.detail}`, { cause });
  }
}

function toKept({ decision, ...record }: ParsedRecord): KeptStatement {
  if (record.kind !== "statement") throw new LeixError("record/malformed", "not a statement");
  const { index, at, input } = decision.content;
  return { index, at, statement: record.statement, digest: input.digest, token: record.input.token };
}

async function readLines(file: string): Promise<Uint8Array[]> {
  const bytes = (await readWhole(file)) ?? new Uint8Array();
  const lines: Uint8Array[] = [];
  for (let from = 0, end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line) => [line, encodeUtf8("\n")]));
}
