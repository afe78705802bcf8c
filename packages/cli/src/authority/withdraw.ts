import { KeyId, LeixError, listNeededProofs, parseSchema } from "@leix/protocol";
import type { Command } from "commander";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { findAgencyStatement, toCountry } from "../desk/members.ts";
import { speak } from "../desk/speak.ts";

/** The end of a rotation's overlap: what was signed with the key before stays signed. */
export function addWithdrawCommand(authority: Command): void {
  withSigningOptions(authority.command("withdraw"))
    .description("end keys of an agency that it has replaced; other keys of it have to be left")
    .argument("<agency>", "its id, as AL-CUSTOMS")
    .requiredOption("--key <kid>", "a key's thumbprint, as leix authority show has it; repeat it", collect)
    .action((id: string, flags: DeskFlags & { key: string[] }, self: Command) => {
      return withDesk(self, toCountry(id), flags, async (desk) => {
        const statement = await findAgencyStatement(desk, id);
        const { v: _v, aud: _aud, iss: _iss, iat: _iat, version: _version, ...said } = statement;
        const kids = flags.key.map((kid) => parseSchema(KeyId, kid));
        const stranger = kids.find((kid) => !said.keys.some((key) => key.kid === kid));
        if (stranger) throw new LeixError("statement/subject", `kid ${stranger} is no key of ${id} now`);
        const keys = said.keys.filter(({ kid }) => !kids.includes(kid));
        const proofs = listNeededProofs({ ...statement, keys });
        await speak(desk, [{ ...said, keys, proofs }], flags);
      });
    });
}

/** An option takes what begins with a hyphen, as a thumbprint may; an argument would not. */
function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
