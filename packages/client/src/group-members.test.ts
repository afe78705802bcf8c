import {
  AgencyId,
  CountryCode,
  type ErrorCode,
  ExchangeId,
  GroupId,
  type GroupStatement,
} from "@leix/protocol";
import { describe, expect, test } from "vitest";
import type { Draft } from "./draft.ts";
import { addressGroup } from "./group-members.ts";

const id = GroupId.parse("AL+forum");
const toAgencies = (...names: string[]) => names.map((name) => AgencyId.parse(name));
const group: GroupStatement = {
  ...{ v: 1, aud: ExchangeId.parse("test.example"), iat: 1, version: 3, kind: "group" },
  ...{ iss: CountryCode.parse("AL"), subject: id, name: "Forum", ended: false },
  members: toAgencies("AL-SPOC", "RS-SPOC", "ME-SPOC"),
};

function address(known: GroupStatement | undefined, draft: object = {}, sender = "AL-SPOC") {
  return addressGroup({ kind: "notification", to: [], group: id, ...draft } as unknown as Draft, {
    sender: AgencyId.parse(sender),
    findGroup: () => known,
    isActive: (agency) => agency !== "ME-SPOC",
  });
}

function codeOf(work: () => unknown): ErrorCode | undefined {
  try {
    work();
  } catch (error) {
    return (error as { code: ErrorCode }).code;
  }
  return undefined;
}

describe("a draft to a group", () => {
  test("is to its other members that take part, by its version", () => {
    expect(address(group)).toEqual({ to: ["RS-SPOC"], group: { id, version: 3 } });
    expect(address(group, {}, "ME-SPOC").to).toEqual(["AL-SPOC", "RS-SPOC"]);
  });

  test("may name members of it, and nobody else", () => {
    expect(address(group, { to: ["RS-SPOC"] }).to).toEqual(["RS-SPOC"]);
    expect(codeOf(() => address(group, { to: ["RS-FIU"] }))).toBe("claims/group-members");
    expect(codeOf(() => address(group, { to: ["AL-SPOC"] }))).toBe("claims/group-members");
  });

  test("is refused where there is none, it has ended, or the sender is not in it", () => {
    expect(codeOf(() => address(undefined))).toBe("claims/group-unknown");
    expect(codeOf(() => address({ ...group, ended: true }))).toBe("claims/group-unknown");
    expect(codeOf(() => address(group, {}, "RS-FIU"))).toBe("claims/group-unknown");
    expect(codeOf(() => address(group, { group: "no group" }))).toBe("claims/group-unknown");
  });

  test("to nobody in particular stays what it says", () => {
    expect(address(group, { group: undefined, to: ["RS-FIU"] })).toEqual({ to: ["RS-FIU"] });
  });
});
