import { createLayer, type State } from "@leix/exchange";
import {
  createWorld,
  decideOn,
  startTestLedger,
  toAccount,
  toAgency,
  toAuthority,
} from "@leix/exchange/testkit";
import { LeixError } from "@leix/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { AUDITOR, findMember, verifyMember } from "./members.ts";

const world = createWorld();
let state: State;
beforeAll(async () => {
  ({ state } = await startTestLedger(world));
});

type Said = Parameters<typeof world.statement>;

/** What the log says to a name, once these statements are recorded. */
async function ask(name: string, ...said: readonly Said[]): Promise<string> {
  const layer = createLayer(state);
  const inputs = await Promise.all(said.map(async (one) => (await world.statement(...one)).input));
  await decideOn(world, layer, inputs);
  try {
    verifyMember(layer, name);
    return "told";
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}

const authority = (version: number, status: "active" | "suspended" | "revoked"): Said => {
  return ["anchor", toAuthority("AL", { version, status })];
};

describe("the log", () => {
  test("is told to members and auditors, and to no stranger", async () => {
    for (const name of [AUDITOR, "anchor", "AL", "AL-CUSTOMS"]) expect(await ask(name)).toBe("told");
    expect(await ask("AL-NOBODY")).toBe("identity/account-unknown");
    expect(findMember(state, toAccount("AL-CUSTOMS"))).toBe("AL-CUSTOMS");
  });

  test("is told to no agency that is put out, nor to one whose country is, until that is back", async () => {
    const out = "identity/party-not-active";
    expect(await ask("AL-CUSTOMS", ["AL", toAgency("AL-CUSTOMS", { version: 2, status: "suspended" })])).toBe(
      out,
    );
    for (const status of ["suspended", "revoked"] as const) {
      expect(await ask("AL-CUSTOMS", authority(2, status))).toBe(out);
      expect(await ask("RS-FIU", authority(2, status))).toBe("told");
    }
    expect(await ask("AL-CUSTOMS", authority(2, "suspended"), authority(3, "active"))).toBe("told");
  });

  test("is told to no observer", async () => {
    const observer = toAgency("AL-CUSTOMS", { version: 2, type: "observer" });
    expect(await ask("AL-CUSTOMS", ["AL", observer])).toBe("identity/observer");
  });
});
