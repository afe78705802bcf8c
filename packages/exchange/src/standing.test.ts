import { limits } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { toAccountOf, toAgency, toAuthority, toPolicySet } from "./genesis.testkit.ts";
import { decideOn, startTestLedger, toWord } from "./ledger.testkit.ts";
import { createLayer } from "./state.ts";
import { createWorld, NOW, type Sent, toRegisteredKey } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

async function decide(...sent: readonly Promise<Sent>[]): Promise<string[]> {
  const inputs = [];
  for (const one of sent) inputs.push((await one).input);
  return (await decideOn(world, createLayer(ledger.state), inputs)).map(toWord);
}

const agency = (version: number, changes: object) => {
  return world.statement("AL", toAgency("AL-CUSTOMS", { version, ...changes }));
};
const leaked = (version: number, since = NOW - 10) => {
  const { kid } = toRegisteredKey("AL-CUSTOMS");
  return world.statement("AL", { kind: "compromise", subject: "AL-CUSTOMS" as never, kid, since, version });
};
const note = (by: "AL-CUSTOMS" | "RS-FIU", to: string) => world.message(by, [to], { kind: "notification" });

describe("an agency", () => {
  test("that is suspended comes back, one that is revoked does not", async () => {
    const out = await decide(agency(2, { status: "suspended" }), agency(3, {}));
    expect(out).toEqual(["statement", "statement"]);
    const revoked = agency(2, { status: "revoked" });
    expect(await decide(revoked, agency(3, {}), agency(3, { status: "suspended" }))).toEqual([
      "statement",
      "statement/revoked",
      "statement/revoked",
    ]);
  });

  test("can be put out without a key that may be used, and is not active without one", async () => {
    const none = { keys: [], account: toAccountOf("AL-CUSTOMS") };
    expect(await decide(agency(2, { ...none, status: "suspended" }))).toEqual(["statement"]);
    expect(await decide(agency(2, { ...none, status: "revoked" }))).toEqual(["statement"]);
    expect(await decide(agency(2, none))).toEqual(["statement/no-keys"]);
  });

  test("of a country whose authority is put out neither sends nor receives", async () => {
    const out = world.statement("anchor", toAuthority("AL", { version: 2, status: "suspended" }));
    const words = await decide(out, note("AL-CUSTOMS", "RS-FIU"), note("RS-FIU", "AL-CUSTOMS"));
    expect(words).toEqual(["statement", "identity/party-not-active", "denied"]);
  });
});

describe("the word that a key is in wrong hands", () => {
  test("is taken again only where it goes further back, and never from the future", async () => {
    expect(await decide(leaked(1), leaked(2), leaked(2, NOW - 20))).toEqual([
      "statement",
      "statement/version",
      "statement",
    ]);
    const ahead = NOW + limits.CLOCK_SKEW_SECONDS_MAX + 1;
    expect(await decide(leaked(1, ahead))).toEqual(["claims/issued-in-future"]);
  });

  test("is taken so often of one agency, however much further back it goes, and no more", async () => {
    const all = Array.from({ length: limits.COMPROMISES_PER_AGENCY_MAX }, (_, i) => leaked(i + 1, NOW - i));
    const next = all.length + 1;
    const suspended = { keys: [], account: toAccountOf("AL-CUSTOMS"), status: "suspended" };
    const words = await decide(...all, leaked(next, NOW - next), agency(2, suspended));
    expect(words).toEqual([...all.map(() => "statement"), "statement/limit", "statement"]);
  });

  test("is taken as often as before where a decider may decide that knows no such limit", async () => {
    const set = { version: 2, deciders: ["1"] };
    const sets = ["AL", "RS"].map((by) => world.statement(by as "AL", toPolicySet(world, set)));
    const all = Array.from({ length: limits.COMPROMISES_PER_AGENCY_MAX + 1 }, (_, i) =>
      leaked(i + 1, NOW - i),
    );
    const words = await decide(...sets, ...all);
    expect(words).toEqual([...sets, ...all].map(() => "statement"));
  });
});
