import {
  type Evidence,
  type EvidenceTrust,
  encodeEvidence,
  type Proof,
  parseEvidence,
  type Verification,
  type VerifyOptions,
  verifyEvidence,
} from "@leix/evidence";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { createNativePrimitives } from "./audit/replay/native-primitives.ts";
import { loadTrust } from "./audit/trust.ts";
import type { BodyFlags } from "./evidence/body.ts";
import { readEvidence, writeEvidence } from "./evidence/evidence-file.ts";
import { loadEvidenceTrust, type TrustFlags } from "./evidence/evidence-trust.ts";
import { createReaderKey, loadReaderKey } from "./evidence/key-files.ts";
import type { MakeFlags } from "./evidence/make.ts";
import { toCheckpointText, toVerificationJson, writeVerification } from "./evidence/report.ts";
import { writeForm } from "./messages/message-text.ts";
import { createPaper } from "./messages/paper.ts";

interface OutFlags {
  readonly out?: string;
}
interface VerifyFlags extends TrustFlags {
  readonly json?: true;
}
interface OpenFlags extends VerifyFlags {
  readonly key: string;
}
type MakeAllFlags = MakeFlags & OutFlags & Partial<BodyFlags> & { readonly body?: true };

/** `leix evidence …`: one file that proves how one message was treated, to whoever trusts the anchor. */
export function addEvidenceCommands(program: Command): void {
  const evidence = program.command("evidence").description("prove how one message was treated, in one file");
  addMakeCommand(evidence);
  addBodyCommand(evidence);
  addVerifyCommand(evidence);
  addOpenCommand(evidence);
  evidence
    .command("key")
    .description("make a key pair for someone who is to read a body: the public key goes to a recipient")
    .argument("<file>", "where the private key goes; the public one is put beside it, as <file>.pub")
    .action(async (file: string) => {
      const { publicFile } = await createReaderKey(file);
      process.stdout.write(`private key in ${file}, public key in ${publicFile}\n`);
    });
}

function addMakeCommand(evidence: Command): void {
  evidence
    .command("make")
    .description("collect a message's record, all it rests on, and the proofs, as an auditor")
    .argument("<id>", "a message's whole id, or agency/id")
    .option("--out <file>", "the file to write; one that is there is replaced")
    .option(
      "--from <place>",
      "broker, https://host:port of a ledger service, a store's folder, or an export",
      "broker",
    )
    .option("--checkpoint <path>", "a checkpoint, or a folder that has one, instead of the place's newest")
    .option("--trust <file>", "whom to trust: a network.json or party.json, instead of the network folder's")
    .option("--body", "add the body; needs --as and --reader")
    .option("--as <agency>", "with --body: the agency that has received the message")
    .option("--reader <file>", "with --body: public key (JWK) of whoever is to read it")
    .action(async (id: string, flags: MakeAllFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const { as, reader, out } = flags;
      if (flags.body && (as === undefined || reader === undefined)) {
        throw new LeixError("config/invalid", "--body needs --as and --reader");
      }
      const { makeFromLedger } = await import("./evidence/make.ts");
      const { evidence: made, trust, why } = await makeFromLedger(dir, id, flags);
      const isWhole = as !== undefined && reader !== undefined;
      const whole = isWhole ? await withBody(made, command, { as, reader }) : made;
      const found = await finish(whole, trust, out ?? `evidence-${id.split("/").at(-1)}.json`);
      if (found) process.stdout.write(`${toCheckpointText(found, why)}\n`);
    });
}

function addBodyCommand(evidence: Command): void {
  evidence
    .command("body")
    .description("add the body to evidence, its key wrapped for one reader, as a recipient of the message")
    .argument("<file>", "the evidence")
    .requiredOption("--as <agency>", "the agency that has received the message")
    .requiredOption("--reader <file>", "public key (JWK) of whoever is to read it")
    .option("--out <file>", "the file to write, instead of the same one")
    .action(async (file: string, flags: BodyFlags & OutFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const whole = await withBody(parseEvidence(await readEvidence(file)), command, flags);
      const trust = await loadTrust(dir, `${dir}/agencies/${flags.as}/party.json`);
      await finish(whole, trust, flags.out ?? file);
    });
}

/** Who verifies needs no store and no broker's client, and so does not load them. */
async function withBody(made: Evidence, command: Command, flags: BodyFlags): Promise<Evidence> {
  const { addBody } = await import("./evidence/body.ts");
  return addBody(made, command, flags);
}

/** Nothing is handed out that does not verify; undefined where it did not. */
async function finish(made: Evidence, trust: EvidenceTrust, out: string): Promise<Proof | undefined> {
  const bytes = encodeEvidence(made);
  const found = await verify(bytes, trust);
  if (found.isProven) {
    await writeEvidence(out, bytes);
    process.stdout.write(`${bytes.byteLength.toLocaleString("en-GB")} bytes in ${out}\n`);
    return found;
  }
  writeVerification(createPaper(process.stderr), found);
  process.exitCode = 1;
  return undefined;
}

function verify(bytes: Uint8Array, trust: EvidenceTrust, options?: VerifyOptions): Promise<Verification> {
  return verifyEvidence(bytes, trust, { ...options, primitives: createNativePrimitives() });
}

function withTrust(command: Command): Command {
  return command
    .option("--anchor <key>", "thumbprint of the anchor's key, or a file that names it: what is trusted")
    .option("--exchange <id>", "the exchange, where --anchor is a thumbprint")
    .option("--json", "the result as one line of JSON");
}

function addVerifyCommand(evidence: Command): void {
  withTrust(evidence.command("verify"))
    .description("say what a file proves and what not, from the anchor's key alone; needs no network")
    .argument("<file>", "the evidence")
    .action(async (file: string, flags: VerifyFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const found = await verify(await readEvidence(file), await loadEvidenceTrust(dir, flags));
      if (flags.json) process.stdout.write(`${toVerificationJson(found)}\n`);
      else writeVerification(createPaper(process.stdout), found);
      if (!found.isProven) process.exitCode = 1;
    });
}

function addOpenCommand(evidence: Command): void {
  withTrust(evidence.command("open"))
    .description("verify evidence and show the text in it, which was wrapped for your key")
    .argument("<file>", "the evidence")
    .requiredOption("--key <file>", "your private key (JWK)")
    .action(async (file: string, flags: OpenFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const trust = await loadEvidenceTrust(dir, flags);
      const reader = await loadReaderKey(flags.key);
      const found = await verify(await readEvidence(file), trust, { reader });
      const paper = createPaper(process.stdout);
      if (!found.isProven) {
        if (flags.json) process.stdout.write(`${toVerificationJson(found)}\n`);
        else writeVerification(paper, found);
        process.exitCode = 1;
        return;
      }
      if (!found.text) throw new LeixError("evidence/body-absent", file);
      if (flags.json)
        process.stdout.write(`${JSON.stringify({ message: found.message, text: found.text })}\n`);
      else writeForm(paper, found.text);
    });
}
