import { setTimeout } from "node:timers/promises";
import { type AgencyNode, createNode } from "@leix/client";
import {
  type AgencyStatement,
  type ErrorCode,
  encodeCanonical,
  LeixError,
  openApproval,
} from "@leix/protocol";
import { type Approved, createPassphraseSource, finishApproval, installApproval } from "@leix/runtime";
import { type Command, InvalidArgumentError } from "commander";
import { createPaper } from "../messages/paper.ts";
import { loadRunConfig } from "../network/config.ts";
import { findAgencyFolder, loadEnrolmentFile } from "./agency-folder.ts";

interface JoinFlags {
  readonly wait: number;
  readonly json?: true;
}

const WAIT_SECONDS = 120;
const ASK_AGAIN_MS = 250;

/** `leix agency join`: what the authority approved counts here as soon as it counts in the exchange. */
export function addJoinCommand(agency: Command): void {
  agency
    .command("join")
    .description("take in what the authority approved, wait until the exchange knows it, and be ready")
    .argument("<approval.json>", "the authority's answer to this folder's request")
    .option("--wait <seconds>", "how long to wait for the exchange", toSeconds, WAIT_SECONDS)
    .option("--json", "the result as one line of JSON")
    .action(async (file: string, flags: JoinFlags, self: Command) => {
      const approval = await loadEnrolmentFile(file, openApproval);
      const id = approval.content.subject;
      const folder = findAgencyFolder(self, id);
      const askPassphrase = createPassphraseSource();
      const now = new Date();
      const approved = await installApproval({ folder, approval, now, askPassphrase });
      const { natsUrl } = loadRunConfig();
      const startedAt = performance.now();
      await using node = await createNode({ folder, askPassphrase, ...(natsUrl ? { natsUrl } : {}) });
      const statement = await untilRegistered(node, approved, flags.wait, (line) => {
        process.stderr.write(`leix: ${line}\n`);
      });
      await finishApproval({ folder, statement, now, askPassphrase });
      const waitedMs = Math.round(performance.now() - startedAt);
      const { version } = statement;
      if (flags.json) process.stdout.write(`${JSON.stringify({ agency: id, version, waitedMs })}\n`);
      else {
        const paper = createPaper(process.stdout);
        paper.line(`${id} is registered, version ${version}; its keys count now.`);
        paper.line(`Its node: leix agency run --as ${id}`);
      }
    });
}

/** What passes by itself once the statement is recorded, and the registry has applied it. */
const PASSING: readonly ErrorCode[] = [
  "broker/unreachable",
  "broker/no-answer",
  "identity/account-unknown",
  "identity/party-not-active",
];

/**
 * The agency's own statement, as its own fold of the membership has it. Throws `enrolment/not-recorded` where
 * it is not there in time, `enrolment/other-keys` where the exchange has another one.
 */
async function untilRegistered(
  node: AgencyNode,
  approved: Approved,
  waitSeconds: number,
  say: (line: string) => void,
): Promise<AgencyStatement> {
  const deadline = performance.now() + waitSeconds * 1_000;
  let said = "";
  while (true) {
    const why = await findHindrance(node);
    const statement = node.findStatement();
    if (statement && isRegistered(statement, approved)) return statement;
    if (why !== said) say(`waiting until the exchange knows this agency's new statement: [${why}]`);
    said = why;
    if (performance.now() >= deadline) throw new LeixError("enrolment/not-recorded", why);
    await setTimeout(ASK_AGAIN_MS);
  }
}

/** What stands in the way at the moment: that passes by itself, or is thrown. */
async function findHindrance(node: AgencyNode): Promise<ErrorCode> {
  try {
    await node.refreshMembership();
    return "enrolment/not-recorded";
  } catch (error) {
    if (error instanceof LeixError && PASSING.includes(error.code)) return error.code;
    throw error;
  }
}

/** A later version is as good as this one, as long as it has the same keys. */
function isRegistered(statement: AgencyStatement, { statement: wanted }: Approved): boolean {
  if (statement.version < wanted.version) return false;
  const registered = new Set(statement.keys.map(encodeCanonical));
  const isSame = wanted.keys.every((key) => registered.has(encodeCanonical(key)));
  if (isSame && statement.account.id === wanted.account.id) return true;
  const detail = `version ${statement.version} has other keys than those that were approved`;
  throw new LeixError("enrolment/other-keys", detail);
}

function toSeconds(value: string): number {
  if (/^[0-9]{1,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("a number of seconds");
}
