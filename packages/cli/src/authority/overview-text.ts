import { alignRows, type Paper, toSafeText, toTimeText } from "../messages/paper.ts";
import { toTermsText } from "../terms/terms-text.ts";
import type { Member, Overview } from "./overview.ts";

/** Names were chosen by others, so none of them reaches the terminal as it is. */
export function writeOverview(paper: Paper, overview: Overview, now: number): void {
  const { colours } = paper;
  paper.line(colours.bold(`As ${overview.party} knows it after ${overview.records} records`));
  writePart(paper, "Members", toMemberRows(overview.members));
  writePart(paper, "Keys", toKeyRows(overview.members, now));
  const groups = overview.groups.map(({ subject, version, members, ended, name }) => {
    return [subject, `version ${version}`, ended ? "ended" : members.join(", "), toSafeText(name)];
  });
  writePart(paper, "Groups", groups);
  const terms = overview.terms.map(({ pair, version, content }) => [
    pair,
    `version ${version}`,
    toTermsText(content),
  ]);
  writePart(paper, "Terms in force", terms);
  const set = overview.policySet;
  writePart(paper, "Policy set", [[set ? `version ${set.version}, ${set.files} files` : "none is in force"]]);
  writePart(
    paper,
    "Signed here, without an answer yet",
    overview.outgoing.map(({ kind, subject, file }) => [kind, subject, file]),
  );
}

function writePart(paper: Paper, title: string, rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  paper.line();
  paper.line(paper.colours.bold(title));
  for (const row of alignRows(rows)) paper.line(`  ${row}`);
}

function toMemberRows(members: readonly Member[]): string[][] {
  return members.map((member) => {
    const { id, status, version, name = "", type = "", role = "", spoc, zone, clearance } = member;
    const facts = [type, role, spoc && `SPOC ${spoc}`, zone, clearance && `cleared ${clearance}`];
    return [id, status, `version ${version}`, facts.filter(Boolean).join(", "), toSafeText(name)];
  });
}

function toKeyRows(members: readonly Member[], now: number): string[][] {
  return members.flatMap(({ id, keys, signers = [], leaked }) => {
    const rows = keys.map(({ kid, use, alg, nbf, exp }) => {
      const state = now >= exp ? "ended" : now < nbf ? `from ${toTimeText(nbf)}` : "until";
      const time = now < nbf ? state : `${state} ${toTimeText(exp)}`;
      return [
        id,
        use,
        alg,
        kid,
        leaked?.kid === kid ? `in wrong hands since ${toTimeText(leaked.since)}` : time,
      ];
    });
    return [...rows, ...signers.map((signer) => [id, "users", "NATS", signer, ""])];
  });
}
