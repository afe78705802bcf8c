import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Desk, SignedStatement } from "@leix/client";
import type { State } from "@leix/exchange";
import { AgencyId, CountryCode, countryOf, LeixError } from "@leix/protocol";
import { PARTY_FILES, toPartyPath } from "@leix/runtime";
import type { Command } from "commander";
import { type DeskFlags, withDesk } from "../../desk/desk-access.ts";
import { toCountry } from "../../desk/members.ts";
import { speak } from "../../desk/speak.ts";
import { createPaper } from "../../messages/paper.ts";
import type { Leak } from "./report.ts";
import { toLoss, writeWayBack } from "./way-back.ts";

interface LeakFlags extends DeskFlags {
  readonly party?: string;
}

/**
 * Signs the statement that a key is in wrong hands, and publishes it, unless that is recorded already; what
 * was signed before and waits is published instead. False where the exchange refused it.
 * Throws `statement/subject` where no folder here belongs to the authority of the agency whose key it is, and
 * what signing throws.
 */
export async function speakOfLeak({ kid, since }: Leak, flags: LeakFlags, self: Command): Promise<boolean> {
  const { dir } = self.optsWithGlobals<{ dir: string }>();
  const country =
    flags.party === undefined ? await findCountry(dir, kid, flags, self) : toCountry(flags.party);
  return withDesk(self, country, flags, async (desk) => {
    const owner = AgencyId.safeParse(desk.state.keys.get(kid)?.party).data;
    if (owner === undefined || (flags.party !== undefined && owner !== flags.party)) {
      throw new LeixError("statement/subject", `kid ${kid} is no key of ${flags.party ?? "an agency"}`);
    }
    const isSaid = ({ keys }: State) =>
      (keys.get(kid)?.compromisedSince ?? Number.POSITIVE_INFINITY) <= since;
    // Said once is enough: whoever runs this again wants the report.
    if (isSaid(desk.state)) return true;
    const isWaiting = isSaid(await desk.draft());
    const contents = isWaiting ? [] : [{ kind: "compromise", subject: owner, kid, since } as const];
    const spoken = await speak(desk, contents, flags, isWaiting ? await listWaiting(desk, owner) : []);
    const isHeard = spoken.every((one) => one.kind !== "refused");
    if (isHeard && !flags.json) writeWayBack(createPaper(process.stdout), toLoss(desk.state, owner, kid));
    return isHeard;
  });
}

async function listWaiting(desk: Desk, owner: AgencyId): Promise<SignedStatement[]> {
  const outgoing = (await desk.listOutgoing()).map(({ signed }) => signed);
  return outgoing.filter(({ statement }) => statement.kind === "compromise" && statement.subject === owner);
}

/** Every authority's membership knows whose key it is; an authority's machine has one folder of them. */
async function findCountry(dir: string, kid: Leak["kid"], flags: LeakFlags, self: Command): Promise<string> {
  for (const country of await listCountries(dir)) {
    const party = await withDesk(self, country, flags, async ({ state }) => state.keys.get(kid)?.party);
    const owner = AgencyId.safeParse(party).data;
    if (owner !== undefined) return countryOf(owner);
  }
  throw new LeixError("statement/subject", `no authority's folder in ${dir} knows kid ${kid} as an agency's`);
}

async function listCountries(dir: string): Promise<string[]> {
  const folder = join(dir, dirname(toPartyPath("AL")));
  const names = existsSync(folder) ? await readdir(folder) : [];
  return names
    .filter(
      (name) => CountryCode.safeParse(name).success && existsSync(join(folder, name, PARTY_FILES.party)),
    )
    .toSorted();
}
