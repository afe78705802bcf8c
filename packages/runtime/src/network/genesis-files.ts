import { join } from "node:path";
import {
  Digest,
  encodeUtf8,
  LeixError,
  limits,
  PartyId,
  parseEnvelope,
  parseJws,
  parseSchema,
  STATEMENT_TYP,
} from "@leix/protocol";
import { z } from "zod";
import { readText } from "../party-folder.ts";
import { type FolderFile, moveInto, toJsonFile, toPublic } from "./folder-file.ts";
import type { GenesisStatement } from "./genesis.ts";
import { NETWORK_FILES, parseJsonText } from "./network-file.ts";

const GENESIS_FILE = "genesis.json";

/** `genesis.json`: in which order, and through whose account, the first statements are published. */
const GenesisFile = z.strictObject({
  v: z.literal(1),
  statements: z.array(
    z.strictObject({
      file: z.string().regex(/^[0-9]{4}-[A-Za-z0-9.+-]+\.json$/),
      by: PartyId,
      kind: z.string(),
      subject: z.string(),
      /** Of the statement's signing input. */
      digest: Digest,
    }),
  ),
});
export type GenesisEntry = z.infer<typeof GenesisFile>["statements"][number];

/** One statement that is to be published: where it stands in the genesis, and its very bytes. */
export interface GenesisInput extends GenesisEntry {
  readonly envelope: string;
}

/** `genesis/`: one file a statement, numbered, exactly the bytes that are published. */
export function listGenesisFiles(statements: readonly GenesisStatement[]): FolderFile[] {
  const entries = statements.map(({ by, statement, digest }, i): GenesisEntry => {
    const { kind, subject } = statement;
    const about = kind === "policy-file" ? statement.name : `${subject}-by-${by}`;
    const file = `${String(i).padStart(4, "0")}-${kind}-${about}.json`;
    return { file, by, kind, subject, digest };
  });
  return moveInto(NETWORK_FILES.genesis, [
    toJsonFile(GENESIS_FILE, { v: 1, statements: entries } satisfies z.infer<typeof GenesisFile>),
    ...statements.map(({ envelope }, i) => toPublic(entries[i]?.file ?? "", envelope)),
  ]);
}

/** Throws `config/invalid` where a file is missing or holds another statement than `genesis.json` says. */
export async function loadGenesis(dir: string): Promise<GenesisInput[]> {
  const folder = join(dir, NETWORK_FILES.genesis);
  const text = await readText(join(folder, GENESIS_FILE), "config/network-missing");
  const { statements } = parseSchema(GenesisFile, parseJsonText(text, GENESIS_FILE), "config/invalid");
  return Promise.all(
    statements.map(async (entry) => {
      const envelope = await readText(join(folder, entry.file), "config/invalid");
      if (toStatementDigest(envelope) === entry.digest) return { ...entry, envelope };
      throw new LeixError("config/invalid", `${entry.file} is not the statement that ${GENESIS_FILE} names`);
    }),
  );
}

function toStatementDigest(envelope: string): Digest | undefined {
  const input = parseEnvelope(encodeUtf8(envelope));
  if (!("statement" in input)) return undefined;
  return parseJws(input.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX).digest;
}
