import { writeFile } from "node:fs/promises";
import { findRefusal } from "@leix/broker";
import { createNode } from "@leix/client";
import { type AgencyStatement, LeixError, openInvitation, openRequest } from "@leix/protocol";
import {
  loadPartyFolder,
  type PartyFolder,
  type RotationChoice,
  rotateKeys,
  rotateUser,
  toEnrolmentText,
} from "@leix/runtime";
import { type Command, Option } from "commander";
import { createPaper } from "../messages/paper.ts";
import { loadRunConfig } from "../network/config.ts";
import { findAgencyFolder, loadEnrolmentFile } from "./agency-folder.ts";

interface RotateFlags {
  readonly as: string;
  readonly out?: string;
  readonly invitation?: string;
  readonly signing?: true | "ES256" | "Ed25519";
  readonly encryption?: true | "P-256" | "X25519";
  readonly cosigning?: true;
  readonly accountSigner?: true;
  readonly user?: true;
  readonly anew?: true;
}

/** `leix agency rotate`: new keys beside the old ones, which go on counting until the authority ends them. */
export function addRotateCommand(agency: Command): void {
  agency
    .command("rotate")
    .description("make new keys beside those in use, and the request to have them registered")
    .requiredOption("--as <agency>", "the agency you act for: agencies/<id>")
    .option("--out <file>", "the request, to be carried to the authority; it holds no secret")
    .addOption(new Option("--signing [alg]", "a new key to sign with").choices(["ES256", "Ed25519"]))
    .addOption(
      new Option("--encryption [curve]", "a new key to be encrypted to").choices(["P-256", "X25519"]),
    )
    .option("--cosigning", "a new key to cosign the ledger's checkpoints with")
    .option("--account-signer", "a new key that signs the users of the agency's NATS account")
    .option("--user", "a new NATS user, at once: nobody has to be asked")
    .option("--invitation <file>", "answer this one, instead of what came with the last approval")
    .option("--anew", "forget a request that waits for its approval")
    .action((flags: RotateFlags, self: Command) => rotate(flags, self));
}

async function rotate(flags: RotateFlags, self: Command): Promise<void> {
  const paper = createPaper(process.stdout);
  const { natsUrl } = loadRunConfig();
  const folder = await loadPartyFolder(findAgencyFolder(self, flags.as), natsUrl);
  const choice = toChoice(flags);
  const isAsked = Object.values(choice).some((one) => one !== undefined && one !== false);
  if (!isAsked && !flags.user)
    throw new LeixError("command/arguments", "say which keys: --signing, --encryption, …");
  if (flags.user) {
    await rotateUser(folder, new Date());
    paper.line(`${flags.as} has another NATS user. Its node takes it when it is started again.`);
  }
  if (!isAsked) return;
  if (flags.out === undefined)
    throw new LeixError("command/arguments", "--out <file> says where the request goes");
  const invitation =
    flags.invitation === undefined ? undefined : await loadEnrolmentFile(flags.invitation, openInvitation);
  const current = await loadStatement(folder, natsUrl);
  const now = new Date();
  const hasKey = current.keys.some(({ use, exp }) => use === "sig" && now.getTime() < exp * 1_000);
  if (!hasKey && (!choice.signing || !invitation)) {
    const detail = `no signing key of ${flags.as} counts any more: --signing and --invitation are needed`;
    throw new LeixError("command/arguments", detail);
  }
  const request = await rotateKeys({
    folder,
    choice,
    current,
    invitation,
    isAnew: flags.anew === true,
    now,
  });
  await writeFile(flags.out, toEnrolmentText(request));
  paper.line(
    hasKey
      ? "The keys that count now go on counting until the authority ends them."
      : "No key of the agency vouches for it any more: the authority goes by its digest alone.",
  );
  paper.line(
    `${flags.out} goes to the authority. Its digest, to read out: ${openRequest(request).jws.digest}`,
  );
  paper.line("With its answer: leix agency join approval.json");
}

function toChoice(flags: RotateFlags): RotationChoice {
  return {
    signing: flags.signing === true ? "ES256" : flags.signing,
    encryption: flags.encryption === true ? "P-256" : flags.encryption,
    cosigning: flags.cosigning === true,
    accountSigner: flags.accountSigner === true,
  };
}

/**
 * The newest that can be had; without the exchange, the newest that the node has. Whose users are refused,
 * as after a leak, is not to go on with what it knew before.
 */
async function loadStatement(
  { folder, party, askPassphrase }: PartyFolder,
  natsUrl: string | undefined,
): Promise<AgencyStatement> {
  await using node = await createNode({ folder, askPassphrase, ...(natsUrl ? { natsUrl } : {}) });
  try {
    await node.refreshMembership();
  } catch (error) {
    if (!(error instanceof LeixError) || !error.code.startsWith("broker/")) throw error;
    if (findRefusal(error) === "credentials") {
      const detail = `${error.detail}; a new user comes first: leix agency rotate --as ${party.id} --user`;
      throw new LeixError(error.code, detail, { cause: error });
    }
    process.stderr.write(`${error.explain()}\nGoing on with the membership that is kept here.\n`);
  }
  const statement = node.findStatement();
  if (statement) return statement;
  throw new LeixError("enrolment/not-recorded", `${folder} has no statement yet`);
}
