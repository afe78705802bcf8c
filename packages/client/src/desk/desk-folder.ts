import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, toDigest } from "@leix/protocol";
import { replaceFile } from "@leix/runtime";
import { parseSigned, type SignedStatement } from "./signed-statement.ts";
import { readWhole } from "./whole-file.ts";

/** Names in an authority's folder. Nothing in them is secret. */
export const DESK_FILES = {
  /** The statements' records as the registry gave them, one a line. */
  membership: "membership.jsonl",
  /** A folder: what was signed and has no answer yet. */
  outgoing: "outgoing",
  /** A folder: the exchange's answers, by what they are about. */
  decisions: "decisions",
} as const;

/** A statement that waits to be published, or for its answer. */
export interface Outgoing {
  readonly file: string;
  readonly signed: SignedStatement;
}

export interface DeskFolder {
  /** In the order in which they were signed. Throws `input/` and `jws/` codes for a file that is none. */
  listOutgoing(): Promise<Outgoing[]>;
  /** Durable on return; returns where it is. The same one again stays where it is. */
  keepOutgoing(signed: SignedStatement): Promise<string>;
  dropOutgoing(digest: Digest): Promise<void>;
  /** The answer as it came; undefined where none did. */
  findDecision(digest: Digest): Promise<Uint8Array | undefined>;
  /** Durable on return. */
  keepDecision(digest: Digest, payload: Uint8Array): Promise<void>;
  /** An answer that proves nothing: kept for whoever looks into it. */
  keepUnproven(payload: Uint8Array): Promise<void>;
}

const OUTGOING = /^[0-9]{4,}-.+\.json$/;
const NUMBER_DIGITS = 4;
const FOLDER_MODE = 0o700;

export function openDeskFolder(folder: string): DeskFolder {
  const outgoing = join(folder, DESK_FILES.outgoing);
  const toDecisionFile = (name: string) => join(folder, DESK_FILES.decisions, `${name}.json`);
  const listNames = async (): Promise<string[]> => {
    const names = existsSync(outgoing) ? await readdir(outgoing) : [];
    return names
      .filter((name) => OUTGOING.test(name))
      .toSorted((one, other) => toNumber(one) - toNumber(other));
  };
  const listOutgoing = async (): Promise<Outgoing[]> => {
    const found = (await listNames()).map(async (name) => {
      const file = join(outgoing, name);
      const bytes = await readWhole(file);
      return bytes ? [{ file, signed: parseSigned(new Uint8Array(bytes)) }] : [];
    });
    return (await Promise.all(found)).flat();
  };
  return {
    listOutgoing,
    async keepOutgoing(signed) {
      const known = (await listOutgoing()).find((one) => one.signed.digest === signed.digest);
      if (known) return known.file;
      const number = toNumber((await listNames()).at(-1) ?? "0") + 1;
      const file = join(outgoing, `${String(number).padStart(NUMBER_DIGITS, "0")}-${toName(signed)}.json`);
      await keepFile(file, signed.bytes);
      return file;
    },
    async dropOutgoing(digest) {
      const found = (await listOutgoing()).filter(({ signed }) => signed.digest === digest);
      await Promise.all(found.map(({ file }) => rm(file, { force: true })));
    },
    findDecision: (digest) => readWhole(toDecisionFile(digest)),
    keepDecision: (digest, payload) => keepFile(toDecisionFile(digest), payload),
    keepUnproven: (payload) => keepFile(toDecisionFile(`unproven-${toDigest(payload)}`), payload),
  };
}

async function keepFile(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
  await replaceFile(file, bytes);
}

function toNumber(name: string): number {
  return Number.parseInt(name, 10);
}

/** `agency-AL-CUSTOMS-2`: for a person who looks into the folder. */
export function toName({ statement: { kind, subject, version } }: SignedStatement): string {
  return `${kind}-${subject}-${version}`;
}
