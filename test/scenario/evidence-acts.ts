import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SentMessage } from "@leix/client";
import type { Verification } from "@leix/evidence";
import type { NetworkFile } from "@leix/runtime";
import { waitUntil } from "@leix/testkit";
import { parseCheckpoint, parseNote } from "@leix/tlog";
import { runLeix, runLeixJson } from "./leix.ts";
import { expectTold, type Screen } from "./screen.ts";

/** As `--json` tells it: each finding with its sentence. */
type Told =
  | Extract<Verification, { isProven: false }>
  | {
      readonly isProven: true;
      readonly findings: readonly { readonly kind: "proven" | "not-proven"; readonly text: string }[];
    };

/** What the evidence act found, as the summary tells it. */
export interface EvidenceFindings {
  readonly proven: number;
  readonly notProven: number;
  readonly tamper: { readonly detected: boolean; readonly part: string };
}

/** Where the ledger service keeps the newest checkpoint that enough witnesses have cosigned. */
const COSIGNED = "services/ledger/cosigned";

/** Waits until as many agencies as the anchor asks for have cosigned a tree that has this record. */
export function tellWitnesses(dir: string, index: number, screen: Screen): Promise<void> {
  return screen.step("Agencies cosign the ledger's checkpoint: none was shown another ledger", async () => {
    const { signatures, size } = await waitUntil("a checkpoint that enough agencies cosigned", async () => {
      const note = await readFile(join(dir, COSIGNED)).catch(() => undefined);
      if (!note) return undefined;
      const parsed = parseNote(note);
      const checkpoint = parseCheckpoint(parsed.text);
      return checkpoint.size > index && { signatures: parsed.signatures, size: checkpoint.size };
    });
    const [log, ...witnesses] = signatures.map(({ name }) => name);
    screen.show("checkpoint", `${size} records, signed by ${log}`);
    for (const witness of witnesses) screen.show("cosigned by", witness);
  });
}

/**
 * How one message was treated, in one file: proven to a stranger who knows the anchor's thumbprint alone,
 * and worth nothing once a byte of it is changed.
 */
export function tellEvidence(
  dir: string,
  network: NetworkFile,
  message: SentMessage,
  screen: Screen,
): Promise<EvidenceFindings> {
  return screen.step("A court asks about one message: one file proves it, without a network", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leix-court-"));
    try {
      const file = join(folder, "evidence.json");
      await runLeix(dir, [
        ...["evidence", "make", message.ref.id, "--out", file],
        ...["--checkpoint", join(dir, COSIGNED)],
      ]);
      const trust = ["--anchor", network.anchorKey, "--exchange", network.exchange];
      const verify = (path: string) =>
        runLeixJson<Told>(join(folder, "nothing"), ["evidence", "verify", path, ...trust]);
      const { result, exitCode } = await verify(file);
      expectTold(result.isProven && exitCode === 0, "the evidence does not verify");
      const proven = result.findings.filter(({ kind }) => kind === "proven");
      for (const { text } of proven) screen.show("proven", text);
      const notProven = result.findings.length - proven.length;
      screen.show("not proven", `${notProven} things, each said in a sentence of its own`);
      return { proven: proven.length, notProven, tamper: await tamperWith(file, verify, screen) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function tamperWith(
  file: string,
  verify: (path: string) => Promise<{ readonly result: Told; readonly exitCode: number }>,
  screen: Screen,
): Promise<EvidenceFindings["tamper"]> {
  const bytes = await readFile(file);
  const offset = Math.floor(bytes.byteLength / 3);
  bytes[offset] = bytes[offset] === 65 ? 66 : 65;
  const altered = `${file}.altered`;
  await writeFile(altered, bytes);
  const { result, exitCode } = await verify(altered);
  expectTold(!result.isProven && exitCode !== 0, "a changed byte was not noticed");
  screen.show(
    "changed",
    `byte ${offset} of ${bytes.byteLength}: not valid, in ${result.part} [${result.code}]`,
  );
  return { detected: true, part: result.part };
}
