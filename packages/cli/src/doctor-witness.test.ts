import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createState } from "@leix/exchange";
import { createWorld } from "@leix/exchange/testkit";
import { PARTY_FILES } from "@leix/runtime";
import { expect, test } from "vitest";
import { toLines } from "./doctor-report.ts";
import { checkHistories, checkQuorum } from "./doctor-witness.ts";

test("a quorum that nobody can reach is a problem, and none is said to be none", () => {
  const state = createState(createWorld().trust);
  expect(toLines(checkQuorum(state, 0))).toEqual([
    "ok       witnesses    no country has to cosign a checkpoint; 0 countries have a witness",
  ]);
  state.witnessQuorum = 2;
  expect(toLines(checkQuorum(state, 0))).toEqual([
    expect.stringMatching(/^problem {2}witnesses .* only 0 have a witness: none can be relied on\. Register/),
  ]);
});

test("what speaks against the ledger is named for as long as it lies in an agency's folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "leix-histories-"));
  try {
    const folders = [{ id: "AL-SPOC", folder }];
    expect(toLines(await checkHistories(folders))).toEqual([expect.stringMatching(/^ok {7}histories/)]);
    const forks = join(folder, PARTY_FILES.forks);
    await mkdir(forks);
    for (const name of ["fork-3-5-a.txt", "refused-7-b.txt", "notes.txt"])
      await writeFile(join(forks, name), "x");
    const lines = toLines(await checkHistories(folders));
    expect(lines).toEqual([
      expect.stringMatching(/two histories, which .*fork-3-5-a\.txt proves: ledger\/forked.*fork-verify/),
      expect.stringMatching(/refused-7-b\.txt was signed .* leix witness compare/),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
