import { AccountId, KeyId, LeixError, parseSchema } from "@leix/protocol";
import type { Command } from "commander";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { findAgencyStatement, toCountry } from "../desk/members.ts";
import { speak } from "../desk/speak.ts";
import { toContent } from "../desk/statement-content.ts";
import { withdrawFrom } from "./withdrawn.ts";

interface WithdrawFlags extends DeskFlags {
  readonly key: readonly string[];
  readonly signer: readonly string[];
}

/** The end of a rotation's overlap: what was signed with a key before stays signed. */
export function addWithdrawCommand(authority: Command): void {
  withSigningOptions(authority.command("withdraw"))
    .description("end keys of an agency that it has replaced; other keys of it have to be left")
    .argument("<agency>", "its id, as AL-CUSTOMS")
    .option("--key <kid>", "a key's thumbprint, as leix authority show has it; repeat it", collect, [])
    .option(
      "--signer <account key>",
      "a key that signs users of its NATS account, which are cut off; repeat it",
      collect,
      [],
    )
    .action((id: string, flags: WithdrawFlags, self: Command) => {
      return withDesk(self, toCountry(id), flags, async (desk) => {
        const kids = flags.key.map((kid) => parseSchema(KeyId, kid, "command/arguments"));
        const signers = flags.signer.map((signer) => parseSchema(AccountId, signer, "command/arguments"));
        if (kids.length + signers.length === 0) {
          throw new LeixError("command/arguments", "--key or --signer is needed");
        }
        const statement = await findAgencyStatement(desk, id);
        const next = { ...statement, ...withdrawFrom(statement, { kids, signers }) };
        await speak(desk, [toContent(next)], flags);
      });
    });
}

/** An option takes what begins with a hyphen, as a thumbprint may; an argument would not. */
function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
