import { AgencyId, limits, listTelling, type MessageRef, Notice } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { type Case, decideCase, toDelivery } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import type { Duty } from "./judgement.ts";
import { findZone, type Reached, toNotices } from "./notices.ts";
import { loadPolicySet } from "./policy-set.ts";

const set = loadPolicySet(loadFiles());

/** The notices of a case if its recipients, all or those named, were let through to with these duties. */
function tell(
  content: Case,
  duties: readonly Duty[],
  reached: readonly string[] = content.message.to,
): Notice[] {
  const { queries, claims, received, material } = toDelivery(content);
  const agencies: Reached[] = reached.map((agency) => ({ agency: AgencyId.parse(agency), duties }));
  return toNotices({ queries, claims, ref: content.ref, received, material }, agencies);
}

const toNamed = (notices: readonly Notice[]) =>
  notices.map(({ to, held }) => `${to} ${held?.iss} ${held?.id.at(-1)}`);

describe("originators", () => {
  const used: Duty = { rule: "P24", name: "override-used", party: "originators" };
  const content = loadCase("P24-both-owners-told.duty");

  test("are told each once for each message that was used", () => {
    const notices = tell(content, [used]);
    expect(toNamed(notices)).toEqual(["RS-SPOC RS-SPOC 6", "RS-FIU RS-FIU 2"]);
    for (const notice of notices) {
      expect(Notice.parse(notice)).toEqual(notice);
      expect(notice).toMatchObject({
        rule: "P24",
        notice: "override-used",
        about: content.ref,
        by: "AL-CUSTOMS",
      });
      expect(notice).not.toHaveProperty("action");
      expect(notice).not.toHaveProperty("due");
    }
  });

  test("are told once, however many recipients the message has, and of nothing that went to none", () => {
    expect(tell(content, [used, used], ["RS-POLICE", "MK-FIU"])).toEqual(tell(content, [used]));
    expect(tell(content, [used], [])).toEqual([]);
    expect(tell(content, [])).toEqual([]);
  });

  test("are not told of what went to themselves alone", () => {
    expect(toNamed(tell(content, [used], ["RS-FIU"]))).toEqual(["RS-SPOC RS-SPOC 6"]);
    expect(toNamed(tell(content, [used], ["RS-FIU", "RS-POLICE"]))).toHaveLength(2);
  });

  test("do not include the sender", () => {
    expect(tell(loadCase("P24-own-material.duty"), [used])).toEqual([]);
  });

  test("are told of different duties one after the other", () => {
    const other: Duty = { rule: "P99", name: "something-else", party: "originators" };
    const rules = tell(content, [used, other]).map(({ rule }) => rule);
    expect(rules).toEqual(["P24", "P24", "P99", "P99"]);
  });

  test("are told of an onward transfer where it is one, and they had not authorised it", () => {
    const onward: Duty = { rule: "P34", name: "transferred-onward", party: "originators" };
    const two = loadCase("P34-told-is-whose-authorisation-was-missing.duty");
    expect(toNamed(tell(two, [onward]))).toEqual(["MK-FIU MK-FIU 2"]);
    expect(toNamed(tell(two, [onward], ["ME-POLICE"]))).toEqual(["MK-FIU MK-FIU 2", "RS-FIU RS-FIU 6"]);
    expect(tell(two, [onward], ["AL-POLICE"])).toEqual([]);
    expect(tell(loadCase("P34-transfer-authorised.permit"), [onward])).toEqual([]);
  });
});

describe("holders of what is corrected", () => {
  const erase: Duty = { rule: "P30", name: "erase", party: "holders", term: "P3D" };
  const name = "P30-erased-at-second-hop.duty";
  const content = loadCase(name);
  const sent = content.history.messages.sent?.ref;
  const withCopies = (copies: { agency: string; ref: MessageRef | undefined }[], patch: object = {}) =>
    loadCase(name, { history: { messages: { sent: { copies } } }, ...patch });
  const derived = content.history.messages.derived?.ref;

  test("are told which message of theirs, what to do, and by when in their own country's days", () => {
    const zones = { world: { countries: { MK: { zone: "Asia/Tokyo" } } } };
    const notices = tell(withCopies([{ agency: "MK-FIU", ref: derived }], zones), [erase]);
    expect(toNamed(notices)).toEqual(["MK-FIU RS-POLICE 3"]);
    expect(notices[0]).toMatchObject({ action: "erase", by: "AL-CUSTOMS", due: 1_767_538_800 });
  });

  test("do not include the sender, nor a recipient that holds the very message", () => {
    const copies = [
      { agency: "AL-CUSTOMS", ref: derived },
      { agency: "RS-POLICE", ref: sent },
      { agency: "MK-SPOC", ref: sent },
    ];
    expect(toNamed(tell(withCopies(copies), [erase]))).toEqual(["MK-SPOC AL-CUSTOMS 1"]);
    expect(toNamed(tell(withCopies(copies), [erase], ["MK-FIU"]))).toHaveLength(2);
  });

  test("do include a recipient that holds it inside another message", () => {
    const copies = [
      { agency: "RS-POLICE", ref: { iss: "MK-FIU", id: derived?.id, digest: derived?.digest } },
    ];
    expect(toNamed(tell(withCopies(copies as never), [erase]))).toEqual(["RS-POLICE MK-FIU 3"]);
  });

  test("are told in the order of the query, and at most as many as a decision can tell", () => {
    const copies = Array.from({ length: limits.NOTICES_MAX + 3 }, (_, n) => {
      return { agency: `MK-${"ABCDEFGHIJ"[n % 10]}${n}`, ref: derived };
    });
    const notices = tell(withCopies(copies), [erase]);
    expect(notices.map(({ to }) => to)).toEqual(
      copies.slice(0, limits.NOTICES_MAX).map(({ agency }) => agency),
    );
  });
});

describe("holders of what was consented", () => {
  const told: Duty = { rule: "P18", name: "consent-withdrawn", party: "holders" };
  const content = loadCase("P18-withdrawal-told-to-holders.duty");
  const to = content.message.to[0] ?? "";

  test("are those whom the consent brought it to, and not who has it in its own right", () => {
    expect(toNamed(tell(content, [told]))).toEqual(["RS-POLICE AL-CUSTOMS 5"]);
    const holders = content.history.messages.answer?.copies.map(({ agency }) => agency);
    expect(holders).toEqual(["AL-CUSTOMS", "ME-SPOC", "RS-POLICE"]);
  });

  test("include those whom it was addressed to, where the withdrawal did not reach them", () => {
    expect(to).toBe("AL-CUSTOMS");
    expect(toNamed(tell(content, [told], ["ME-SPOC"]))).toEqual([
      "AL-CUSTOMS RS-FIU 2",
      "RS-POLICE AL-CUSTOMS 5",
    ]);
  });

  test("are none where there is no such consent, or the message is about none", () => {
    const history = { consents: { consent: null } };
    expect(tell(loadCase("P18-withdrawal-told-to-holders.duty", { history }), [told])).toEqual([]);
    expect(tell(loadCase("P24-both-owners-told.duty"), [told])).toEqual([]);
  });
});

test("duties of sender and recipient are no notices", () => {
  const parties = ["sender", "recipient"] as const;
  const duties = parties.map((party): Duty => ({ rule: "P30", name: "erase", party, term: "P3D" }));
  expect(tell(loadCase("P30-erased-at-second-hop.duty"), duties)).toEqual([]);
});

describe("a message that is denied", () => {
  test("tells nobody of anything", () => {
    const denied = loadCase("P30-erased-at-second-hop.duty", { message: { officer: null } });
    expect(decideCase(set, denied).outcome).toBe("denied");
    expect(decideCase(set, denied).notices).toEqual([]);
    expect(decideCase(set, loadCase("P30-erased-at-second-hop.duty")).notices).not.toEqual([]);
  });

  test("to a recipient is not what that recipient's notices are about: it is told as a holder", () => {
    const suspended = { status: "suspended", role: "plain", type: "police", clearance: "restricted" };
    const { sent } = loadCase("P30-erased-at-second-hop.duty").history.messages;
    const partly = loadCase("P30-erased-at-second-hop.duty", {
      world: { agencies: { "RS-FIU": suspended } },
      history: { messages: { sent: { copies: [{ agency: "RS-FIU", ref: sent?.ref }] } } },
      message: { to: ["RS-POLICE", "RS-FIU"] },
    });
    const { outcome, notices } = decideCase(set, partly);
    expect(outcome).toBe("partly-permitted");
    expect(toNamed(listTelling(notices))).toEqual(["RS-FIU AL-CUSTOMS 1"]);
  });
});

test("the zone is that of the agency's country, or UTC where that is not registered", () => {
  const { queries } = toDelivery(loadCase("P08-each-in-its-own-zone.duty"));
  const zones = ["AL-SPOC", "GB-POLICE", "MK-FIU"].map((agency) => findZone(queries, AgencyId.parse(agency)));
  expect(zones).toEqual(["Europe/Tirane", "Europe/London", "UTC"]);
});
