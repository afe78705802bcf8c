import { readFile, writeFile } from "node:fs/promises";
import { approveRequest, type ExaminedRequest, examineRequest } from "@leix/client";
import { countryOf, KeyId, LeixError, openRequest, parseSchema } from "@leix/protocol";
import { parseEnrolmentText, toEnrolmentText } from "@leix/runtime";
import type { Command } from "commander";
import { publishAll, tell } from "../desk/speak.ts";
import { alignRows, createPaper, type Paper, toSafeText, toTimeText } from "../messages/paper.ts";
import { withEnrolmentDesk } from "./enrolment-desk.ts";

interface ApproveFlags {
  readonly out?: string;
  readonly withdraw: string[];
  readonly offline?: true;
  readonly json?: true;
}

const REFUSED = "The exchange refused it: do not hand the file over. Make a new invitation, which asks anew.";

/** `leix authority approve`: an agency's keys become registered ones. */
export function addApproveCommand(authority: Command): void {
  authority
    .command("approve")
    .description("show what an agency asks to have registered, with every proof tried; with --out, sign it")
    .argument("<request.json>", "the agency's request")
    .option("--out <approval.json>", "sign and publish it, and write the agency's answer here")
    .option("--withdraw <kid>", "a key of the agency that counts no longer; repeat it for each", collect, [])
    .option("--offline", "sign by the membership as it is kept here, and publish later")
    .option("--json", "the result as one line of JSON")
    .action(async (file: string, flags: ApproveFlags, self: Command) => {
      const request = openRequest(parseEnrolmentText(await loadText(file), file));
      const country = countryOf(request.content.iss);
      await withEnrolmentDesk(self, country, flags.offline === true, async (desk) => {
        const now = new Date();
        const examined = await examineRequest(desk, request, now);
        const paper = createPaper(flags.json ? process.stderr : process.stdout);
        writeRequest(paper, examined);
        if (flags.out === undefined) {
          paper.line("Nothing is signed. If all of this is right: the same with --out approval.json");
          return;
        }
        const withdraw = flags.withdraw.map((kid) => parseSchema(KeyId, kid, "command/arguments"));
        const approved = await approveRequest(desk, examined, withdraw, now);
        await writeFile(flags.out, toEnrolmentText(approved.file));
        const waiting = approved.statements.map((signed) => ({ signed, kind: "signed" }) as const);
        const spoken = flags.offline ? waiting : await publishAll(desk.desk, approved.statements);
        tell(spoken, desk.desk, flags.json ? { json: true } : {});
        const isRefused = spoken.some(({ kind }) => kind === "refused");
        paper.line(
          isRefused ? REFUSED : `${flags.out} is the agency's answer. There: leix agency join ${flags.out}`,
        );
      });
    });
}

/** What a person has to look at before it is signed; names were chosen by others. */
function writeRequest(paper: Paper, { request, challenge, current }: ExaminedRequest): void {
  const { content, jws } = request;
  const { subject, name, type, role } = challenge.agency;
  const before = current ? `, after version ${current.version}` : ", which is new";
  paper.line(
    `${subject}${before} (${toSafeText(name)}; ${type}, ${role}), asks to register in ${content.aud}:`,
  );
  const keys = content.keys.map(({ use, alg, kid, jwk, exp }) => {
    return [use, use === "enc" ? jwk.crv : alg, kid, `until ${toTimeText(exp)}`];
  });
  const account = ["account", "NATS", content.account.id, `signers ${content.account.signers.join(", ")}`];
  const clearance = challenge.clearance && !current ? [["cleared", challenge.clearance]] : [];
  for (const row of alignRows([...keys, account, ...clearance])) paper.line(`  ${row}`);
  paper.line("Every new key has proven that the agency has it.");
  const isRegistered = current?.keys.some(({ kid }) => kid === jws.header.kid);
  const how = isRegistered
    ? `It is signed with the agency's registered key ${jws.header.kid}.`
    : "No registered key vouches for it: have the agency read this digest to you over the telephone.";
  paper.line(`${how} Digest of the request: ${jws.digest}`);
}

async function loadText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  });
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
