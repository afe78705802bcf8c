import { AgencyId, CountryCode, GroupId, limits, type Statement } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { toAgency } from "./genesis.testkit.ts";
import { decideOn, startTestLedger, toWord } from "./ledger.testkit.ts";
import { createLayer } from "./state.ts";
import { judgeLimits } from "./statement-limits.ts";
import { createWorld, type Sent } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

/** In order, over the ledger as it began. */
async function decide(...sent: readonly Promise<Sent>[]): Promise<string[]> {
  const inputs = [];
  for (const one of sent) inputs.push((await one).input);
  return (await decideOn(world, createLayer(ledger.state), inputs)).map(toWord);
}

const MEMBERS = ["AL-CUSTOMS", "RS-SPOC", "RS-FIU"];

const toGroup = (changes: object = {}) => ({
  ...({ kind: "group", subject: GroupId.parse("AL+forum"), name: "Forum", ended: false } as const),
  members: MEMBERS.map((id) => AgencyId.parse(id)),
  ...changes,
});
const group = (changes: object = {}, by: "AL" | "RS" = "AL") => world.statement(by, toGroup(changes));
const note = (
  by: "AL-CUSTOMS" | "AL-SPOC" | "RS-FIU",
  to: readonly string[],
  version = 1,
  id = "AL+forum",
) => {
  return world.message(by, to, { kind: "notification", group: { id, version } });
};

describe("a group", () => {
  test("is kept by its own country, version by version, of agencies that are registered", async () => {
    expect(await decide(group(), group({ version: 2, ended: true }))).toEqual(["statement", "statement"]);
    expect(await decide(group({}, "RS"))).toEqual(["statement/unauthorised"]);
    expect(await decide(group({ version: 2 }))).toEqual(["statement/version"]);
    expect(await decide(group(), group())).toEqual(["statement", expect.stringMatching(/^repeat/)]);
    expect(await decide(group({ members: [...MEMBERS, "AL-NONE"] }))).toEqual(["statement/subject"]);
    expect(await decide(group({ members: [...MEMBERS, "RS-FIU"] }))).toEqual(["statement/subject"]);
  });

  test("is one of so many of its country's, and may always be changed", () => {
    const layer = createLayer(ledger.state);
    const common = { v: 1, aud: world.trust.aud, iat: 0, version: 1, iss: CountryCode.parse("AL") };
    const judge = (subject: string) => {
      return judgeLimits(layer, { ...common, ...toGroup({ subject }) } as unknown as Statement)?.code;
    };
    expect(judge("AL+new")).toBeUndefined();
    for (let i = 0; i < limits.GROUPS_PER_COUNTRY_MAX; i++) {
      const subject = GroupId.parse(`AL+g${i}`);
      layer.groups.set(subject, { ...common, ...toGroup({ subject }) } as never);
    }
    expect(judge("AL+new")).toBe("statement/limit");
    expect(judge("AL+g7")).toBeUndefined();
  });
});

describe("a message to a group", () => {
  const others = ["RS-SPOC", "RS-FIU"];

  test("is from a member to every other one, by the version in force", async () => {
    const words = await decide(
      group(),
      note("AL-CUSTOMS", others),
      note("RS-FIU", ["RS-SPOC", "AL-CUSTOMS"]),
    );
    expect(words[0]).toBe("statement");
    // It is a message like any other from here on: the principles say to whom it goes.
    expect(words.slice(1).every((word) => ["permitted", "partly-permitted", "denied"].includes(word))).toBe(
      true,
    );
  });

  test.each([
    ["that nobody keeps", note("AL-CUSTOMS", others, 1, "AL+others"), "claims/group-unknown"],
    ["in a version that is not there yet", note("AL-CUSTOMS", others, 2), "claims/group-unknown"],
    ["by who is not in it", note("AL-SPOC", others), "claims/group-unknown"],
    ["that leaves a member out", note("AL-CUSTOMS", ["RS-FIU"]), "claims/group-members"],
    ["and to a stranger", note("AL-CUSTOMS", [...others, "AL-SPOC"]), "claims/group-members"],
  ])("%s is refused", async (_, sent, code) => {
    expect((await decide(group(), sent))[1]).toBe(code);
  });

  test("of an earlier version, or one that has ended, is refused", async () => {
    const smaller = group({ version: 2, members: ["AL-CUSTOMS", "RS-FIU"] });
    expect((await decide(group(), smaller, note("AL-CUSTOMS", others)))[2]).toBe("claims/group-unknown");
    const ended = group({ version: 2, ended: true });
    expect((await decide(group(), ended, note("AL-CUSTOMS", others, 2)))[2]).toBe("claims/group-unknown");
  });

  test("need not name a member that takes no part any more", async () => {
    const suspended = world.statement("RS", toAgency("RS-FIU", { version: 2, status: "suspended" }));
    const words = await decide(group(), suspended, note("AL-CUSTOMS", ["RS-SPOC"]));
    expect(words[2]).not.toMatch(/claims/);
  });
});
