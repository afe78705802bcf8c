import { checkExactlyOnce, type Members, toNow, untilIdle, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, listKeys, startAssault } from "../assault.ts";
import { attackWith, type Row } from "./statement-attacks.ts";

/**
 * A group stands in a message's claims, and whoever reads it believes that all of the group were written to:
 * nobody may be left out or added unseen. Who keeps it and who is in it, one country says.
 */
const GROUP = "AL+forum";
/** Kept by Serbia; the attacker is not in it. */
const FOREIGN = "RS+forum";
const MEMBERS = [ATTACKER, "RS-FIU", "ME-SPOC"];
const OTHERS = ["RS-FIU", "ME-SPOC", "RS-SPOC"];

let assault: Assault;
beforeAll(async () => {
  assault = await startAssault();
  expect(await found("AL", GROUP, 1, [...MEMBERS, "MK-SPOC"])).toBe("recorded");
  expect(await found("AL", GROUP, 2, MEMBERS)).toBe("recorded");
  expect(await found("RS", FOREIGN, 1, OTHERS)).toBe("recorded");
});
afterAll(async () => {
  assault?.exchange.running.service("registry").resume();
  await assault?.[Symbol.asyncDispose]();
});

/** A statement about a group, in the place of another statement of the same country. */
function toGroup(
  by: string,
  id: string,
  version: number,
  members: readonly string[],
  more: Members = {},
): Members {
  return {
    ...{ kind: "group", iss: by, subject: id, version, name: "Forum", members, ended: false },
    ...{ level: undefined, iat: toNow() },
    ...more,
  };
}

const found = (by: string, id: string, version: number, members: readonly string[], more: Members = {}) =>
  assault.state(by, "clearance", `${by}-SPOC`, toGroup(by, id, version, members, more));

const holds = (rows: readonly Row[]) => attackWith(() => assault, rows);
const group = (changes: Members, by = "AL") => ({
  kind: "clearance",
  subject: `${by}-SPOC`,
  by,
  changes: () => ({ ...toGroup(by, GROUP, 3, MEMBERS), ...changes }),
});

describe("a statement about a group", () => {
  holds([
    [
      "of another country's",
      "statement/unauthorised",
      group({ subject: FOREIGN, version: 2, members: OTHERS }),
    ],
    ["of one's own, by another country", "statement/unauthorised", group({}, "RS")],
    ["in the name of the country that keeps it", "identity/issuer-not-account", { ...group({}), by: "RS" }],
    [
      "by an agency",
      "input/schema",
      { ...group({ iss: ATTACKER }), by: ATTACKER, oddities: { signer: ATTACKER } },
    ],
    ["rollback: a version that was there already", "statement/version", group({ version: 1 })],
    ["a version that leaves one out", "statement/version", group({ version: 4 })],
    ["with a member that nobody knows", "statement/subject", group({ members: [...MEMBERS, "AL-NOBODY"] })],
    ["with a member twice", "statement/subject", group({ members: [...MEMBERS, ATTACKER] })],
    ["with an authority as a member", "input/schema", group({ members: [...MEMBERS, "RS"] })],
    ["of one member", "input/schema", group({ members: [ATTACKER] })],
    ["with a name that is a wildcard", "input/schema", group({ subject: "AL+*" })],
  ]);
});

describe("a message to a group", () => {
  const toGroupMessage = (id: string, version: number, to: readonly string[], from = ATTACKER) =>
    assault.forge.message(from, to, { text: "for the group", claims: { group: { id, version } } });
  const rest = MEMBERS.slice(1);

  it("of its own, in its version in force, to all of it: let through (control)", async () => {
    expect(await assault.send(await toGroupMessage(GROUP, 2, rest))).toBe("permitted");
    await untilIdle(assault.exchange);
  });

  it.each([
    ["of an older version", "claims/group-unknown", GROUP, 1, [...rest, "MK-SPOC"], ATTACKER],
    ["of an older version, to those of the new one", "claims/group-unknown", GROUP, 1, rest, ATTACKER],
    ["of a version to come", "claims/group-unknown", GROUP, 3, rest, ATTACKER],
    ["that leaves a member out", "claims/group-members", GROUP, 2, rest.slice(1), ATTACKER],
    ["that adds one", "claims/group-members", GROUP, 2, [...rest, "MK-SPOC"], ATTACKER],
    ["that puts one in another's place", "claims/group-members", GROUP, 2, ["RS-FIU", "MK-SPOC"], ATTACKER],
    ["that names a group of another country's", "claims/group-unknown", FOREIGN, 1, OTHERS, ATTACKER],
    ["that names a group nobody knows", "claims/group-unknown", "AL+nobody", 1, rest, ATTACKER],
    ["that names a group of a country nobody knows", "claims/group-unknown", "XK+forum", 1, rest, ATTACKER],
    ["by an agency that is not in it", "claims/group-unknown", GROUP, 2, MEMBERS, "MK-SPOC"],
    ["by an agency that is not in it any more", "claims/group-unknown", GROUP, 1, MEMBERS, "MK-SPOC"],
  ] as const)("%s: %s", async (_name, code, id, version, to, from) => {
    await assault.refused((await toGroupMessage(id, version, to, from)).bytes, code, from);
  });

  it("that has ended: claims/group-unknown", async () => {
    expect(await found("AL", GROUP, 3, MEMBERS, { ended: true })).toBe("recorded");
    await assault.refused((await toGroupMessage(GROUP, 3, rest)).bytes, "claims/group-unknown");
    await assault.refused((await toGroupMessage(GROUP, 2, rest)).bytes, "claims/group-unknown");
  });
});

/** Whoever could say that another's key is in wrong hands could silence it. */
describe("a compromise statement", () => {
  const toCompromise = (changes: Members, by = "RS") => ({
    kind: "clearance",
    subject: `${by}-SPOC`,
    by,
    changes: () => {
      const kid = listKeys(assault.forge, ATTACKER).find(({ use }) => use === "sig")?.kid;
      const said = { kind: "compromise", iss: by, subject: ATTACKER, version: 1, kid, since: toNow() - 60 };
      return { ...said, level: undefined, iat: toNow(), ...changes };
    },
  });
  holds([
    ["by another country's authority", "statement/unauthorised", toCompromise({})],
    [
      "by another country's, in the name of the own one",
      "identity/issuer-not-account",
      { ...toCompromise({}, "AL"), by: "RS" },
    ],
    [
      "by another agency of the country",
      "identity/issuer-not-account",
      { ...toCompromise({}, "AL"), by: "AL-SPOC", oddities: { signer: "AL-SPOC" } },
    ],
    ["about a key of another agency", "statement/subject", toCompromise({ subject: "AL-SPOC" }, "AL")],
    ["about a key that nobody has", "statement/subject", toCompromise({ kid: "A".repeat(43) }, "AL")],
    ["about the anchor's key", "input/schema", toCompromise({ subject: "anchor" }, "AL")],
    ["in a version to come", "statement/version", toCompromise({ version: 2 }, "AL")],
  ]);

  it("by its own authority: the key signs nothing more, and never comes back", async () => {
    expect(await assault.send(await assault.message())).toBe("permitted");
    // Asleep to the end, it does not tell the broker, which would cut off whoever may have the key.
    assault.exchange.running.service("registry").pause();
    const { subject, kind, changes } = toCompromise({}, "AL");
    expect(await assault.state("AL", kind, subject, changes())).toBe("recorded");
    // What the key signed is recalled, which everyone who has it is told.
    await waitUntil("the recalls", async () => {
      return (await assault.exchange.records()).some((one) => one.kind === "event");
    });
    await untilIdle(assault.exchange);
    await assault.refused((await assault.message()).bytes, "jws/key-not-valid");
    await assault.refused(
      (await assault.message({ claims: { iat: toNow() - 86_400 } })).bytes,
      "jws/key-not-valid",
    );
    const again = await assault.forge.statement("agency", ATTACKER, { version: 2 });
    await assault.refused(again, "statement/key-taken", "AL");
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
