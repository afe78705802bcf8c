import { AgencyId, CountryCode, type MessageRef } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { toAgency, toClearance, toTerms } from "./genesis.testkit.ts";
import { startTestLedger, toWord } from "./ledger.testkit.ts";
import { createQueries } from "./queries.ts";
import { findUnacknowledged } from "./room.ts";
import { createWorld, NOW } from "./world.testkit.ts";

const [AL, RS] = [CountryCode.parse("AL"), CountryCode.parse("RS")];
const spoc = AgencyId.parse("RS-SPOC");

describe("members and terms", () => {
  test("an agency as its newest statement says; uncleared where no clearance is recorded", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const queries = createQueries(ledger.state);
    const expected = {
      id: spoc,
      country: RS,
      type: "police",
      role: "spoc",
      status: "active",
      clearance: "restricted",
    };
    expect(queries.agency(spoc)).toEqual(expected);
    expect(queries.agency(AgencyId.parse("RS-NONE"))).toBeUndefined();
    expect(queries.agency("RS" as AgencyId)).toBeUndefined();
    await ledger.append(
      await world.statement("RS", toAgency("RS-SPOC", { version: 2, status: "revoked" })),
      await world.statement("RS", toClearance("RS-SPOC", { version: 2, level: "secret" })),
    );
    expect(queries.agency(spoc)).toEqual({ ...expected, status: "revoked", clearance: "secret" });
    expect(queries.channelCeiling()).toBe("confidential");
  });

  test("terms whichever way round, and none once one has ended them", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const queries = createQueries(ledger.state);
    const { terms } = toTerms();
    expect(queries.terms(AL, RS)).toEqual(terms);
    expect(queries.terms(RS, AL)).toEqual(terms);
    expect(queries.terms(AL, CountryCode.parse("MK"))).toBeUndefined();
    const ended = toTerms({ version: 2, terms: { ...terms, ended: true } as NonNullable<typeof terms> });
    await ledger.append(await world.statement("AL", ended));
    expect(queries.terms(AL, RS)).toBeUndefined();
  });
});

describe("messages and consents", async () => {
  const world = createWorld();
  const ledger = await startTestLedger(world);
  const queries = createQueries(ledger.state);
  const request = await world.message("AL-SPOC", ["RS-SPOC", "MK-SPOC"]);
  const denied = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" });
  const grant = {
    of: request.ref,
    recipients: [spoc],
    purposes: ["investigation"],
    permits: ["forward"],
    until: NOW + 9,
  };
  const consent = await world.message("AL-SPOC", ["RS-SPOC"], { kind: "consent", grant });
  await ledger.append(request, denied, consent);
  const withOther = (ref: MessageRef) => ({ ...ref, digest: denied.ref.digest });

  test("a message by its exact reference, held by its sender and whoever it was let through to", () => {
    const found = queries.message(request.ref);
    expect(found?.markings.origins).toEqual([request.ref]);
    const holders = ["AL-SPOC", "RS-SPOC", "MK-SPOC", "RS-FIU"].filter((id) =>
      found?.holds(AgencyId.parse(id)),
    );
    expect(holders).toEqual(["AL-SPOC", "RS-SPOC"]);
    expect(queries.message(withOther(request.ref))).toBeUndefined();
  });

  test("a denied message is nowhere", () => {
    expect(queries.message(denied.ref)).toBeUndefined();
  });

  test("a consent until its own issuer withdraws it", async () => {
    const withdraw = (by: "AL-SPOC" | "RS-SPOC") =>
      world.message(by, [by === "AL-SPOC" ? "RS-SPOC" : "AL-SPOC"], {
        ...{ kind: "consent-withdrawal", re: consent.ref, thread: consent.ref.id },
      });
    expect(queries.consent(consent.ref)).toEqual({
      ref: consent.ref,
      grantees: [spoc],
      ...grant,
      withdrawn: false,
    });
    expect(queries.consent(request.ref)).toBeUndefined();
    expect(queries.consent(withOther(consent.ref))).toBeUndefined();
    await ledger.append(await withdraw("RS-SPOC"));
    expect(queries.consent(consent.ref)?.withdrawn).toBe(false);
    await ledger.append(await withdraw("AL-SPOC"));
    expect(queries.consent(consent.ref)?.withdrawn).toBe(true);
  });
});

describe("room in inboxes", async () => {
  const world = createWorld();
  const ledger = await startTestLedger(world);
  const count = (id: string) => findUnacknowledged(ledger.state, id).messages;
  const request = await world.message("AL-SPOC", ["RS-SPOC"], { copies: ["RS-FIU"] });
  const acknowledge = (status: string) =>
    world.message("RS-SPOC", ["AL-SPOC"], {
      ...{ kind: "acknowledgement", status, purpose: undefined, re: request.ref, thread: request.ref.id },
    });

  test("a copy counts until its recipient acknowledges it, once", async () => {
    await ledger.append(request, await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" }));
    expect([count("RS-SPOC"), count("RS-FIU"), count("AL-SPOC")]).toEqual([1, 1, 0]);
    await ledger.append(await acknowledge("received"), await acknowledge("read"));
    expect([count("RS-SPOC"), count("RS-FIU"), count("AL-SPOC")]).toEqual([0, 1, 0]);
    expect(count("AL-SPOC>RS-SPOC")).toBe(0);
    expect(count("AL-SPOC>RS-FIU")).toBe(1);
  });

  test("an acknowledgement that its addressee may no longer receive makes room all the same", async () => {
    const other = await startTestLedger(world);
    await other.append(request);
    const suspended = toAgency("AL-SPOC", { version: 2, status: "suspended" });
    const decided = await other.append(await world.statement("AL", suspended), await acknowledge("received"));
    expect(decided.map(toWord)).toEqual(["statement", "denied"]);
    expect(findUnacknowledged(other.state, "RS-SPOC")).toEqual({ messages: 0, bytes: 0 });
  });
});
