import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadPolicyFiles,
  type NetworkFile,
  type NetworkPlan,
  parsePlan,
  startNetwork,
} from "@leix/runtime";
import { type AuditFindings, tellAudit } from "./audit-acts.ts";
import { tellCase } from "./case-story.ts";
import { openCast } from "./cast.ts";
import { type EvidenceFindings, tellEvidence, tellWitnesses } from "./evidence-acts.ts";
import { tellHostileActs } from "./hostile-acts.ts";
import { type Leads, tellRules } from "./rule-acts.ts";
import { createScreen, type Screen } from "./screen.ts";

/** So many of the four countries must have cosigned a checkpoint for it to be believed. */
const WITNESSES = 3;
const { values: flags } = parseArgs({
  options: { json: { type: "boolean", default: false }, keep: { type: "boolean", default: false } },
});
const screen = createScreen((line) => process.stdout.write(`${line}\n`));
const folder = await mkdtemp(join(tmpdir(), "leix-demo-"));

try {
  const summary = await tellStory(join(folder, "network"), screen);
  process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : toText(summary));
} catch (error) {
  process.stdout.write(`\nThe demo did not end as told, in step ${screen.steps}.\n`);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify({ failed: { step: screen.steps } })}\n`);
  process.exitCode = 1;
} finally {
  if (!flags.keep) await rm(folder, { recursive: true, force: true });
}

async function tellStory(dir: string, screen: Screen): Promise<Summary> {
  screen.heading("LEIX: one case, four countries, every decision provable");
  const say = (line: string) => screen.show("", line);
  const plan = toPlan(await findFreePort());
  const network = await screen.step("A network is made: keys, certificates, first statements", async () => {
    const made = await createNetwork(plan, dir, { policyFiles: await loadPolicyFiles() });
    screen.show("countries", plan.authorities.map(({ country }) => country).join(", "));
    screen.show("agencies", plan.agencies.map(({ id }) => id).join(", "));
    return made;
  });
  await using running = await screen.step("Broker and services start; the genesis is recorded", () =>
    startNetwork(dir, { env: process.env, say }),
  );
  const agencies = plan.agencies.map(({ id }) => id);
  const { answer } = await tellAll(dir, network, agencies, screen);
  const findings = await tellAudit(dir, screen);
  const evidence = await tellEvidence(dir, network, answer, screen);
  if (flags.keep) await keepRunning(dir, running.stop);
  return { ...toSummary(findings, screen.steps), evidence };
}

async function tellAll(
  dir: string,
  network: NetworkFile,
  agencies: readonly string[],
  screen: Screen,
): Promise<Leads> {
  await using cast = await openCast(dir, network, agencies);
  const leads = await tellCase(cast, screen);
  await tellRules(cast, screen, leads);
  await tellHostileActs(dir, network, screen);
  await tellWitnesses(dir, leads.forward.decision?.content.index ?? 0, screen);
  return leads;
}

/** The sample network, with an exercise between two of its countries, in which answers are due in seconds. */
function toPlan(port: number): NetworkPlan {
  const sample = createPlan({ port, witnessQuorum: WITNESSES });
  const { everyPair } = sample.terms;
  const exercise = { ...everyPair, between: ["AL", "MK"], profile: "exercise" };
  return parsePlan({ ...sample, terms: { everyPair, pairs: [exercise] } });
}

/** The last line of `--json`. `partly` counts messages that some recipients were denied. */
interface Summary {
  readonly steps: number;
  readonly messages: number;
  readonly permitted: number;
  readonly partly: number;
  readonly denied: number;
  readonly rejected: number;
  readonly statements: number;
  readonly ledger: number;
  readonly replay: { readonly checked: number; readonly mismatches: number };
  readonly tamper: AuditFindings["tamper"];
  /** Of the file that proves one message. */
  readonly evidence: EvidenceFindings;
}

function toSummary({ replay, tamper }: AuditFindings, steps: number): Omit<Summary, "evidence"> {
  const { kinds, outcomes, ledger, checked, mismatches } = replay;
  return {
    steps,
    messages: kinds.message,
    permitted: outcomes.permitted,
    partly: outcomes["partly-permitted"],
    denied: outcomes.denied,
    rejected: kinds.rejection,
    statements: kinds.statement,
    ledger,
    replay: { checked, mismatches },
    tamper,
  };
}

function toText(summary: Summary): string {
  const { steps, messages, permitted, denied, rejected, ledger, replay } = summary;
  return [
    "",
    `All ${steps} steps ended as told.`,
    `${messages} messages, acknowledgements among them: ${permitted} permitted, ${denied} denied.`,
    `${rejected} input rejected.`,
    `${ledger} records in the ledger, ${replay.checked} audited, ${replay.mismatches} differences.`,
    "",
  ].join("\n");
}

/** Leaves everything running until Ctrl-C, and says how to look at it. */
async function keepRunning(dir: string, stop: () => Promise<void>): Promise<void> {
  process.stdout.write(
    `\nThe network runs on. In another terminal:\n  npx leix --dir ${dir} inbox --as RS-SPOC\n`,
  );
  process.stdout.write("Ctrl-C stops it.\n");
  await new Promise<void>((resolve) => process.once("SIGINT", () => resolve()));
  await stop();
}
