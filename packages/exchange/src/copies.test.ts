import { AgencyId } from "@leix/protocol";
import { expect, test, vi } from "vitest";
import { createScene } from "./scene.testkit.ts";
import { NOW } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const CONSENT = { purposes: ["investigation"], permits: ["forward"], until: NOW + 86_400 };

test("everyone who holds a message or what was made of it, the nearest first, but its sender", async () => {
  const { send, queries } = await createScene();
  const told = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
  const all = ["RS-FIU", "AL-CUSTOMS", "RS-SPOC"];
  const consent = await send("AL-SPOC", ["RS-SPOC", "RS-FIU"], {
    kind: "consent",
    grant: { of: told.ref, recipients: all, ...CONSENT },
  });
  const use = { kind: "notification", consents: [consent.ref] };
  const passed = await send("RS-SPOC", ["RS-FIU", "AL-SPOC"], { ...use, derivedFrom: [told.ref] });
  const other = await send("RS-SPOC", ["RS-FIU"], { ...use, derivedFrom: [told.ref] });
  const consent2 = await send("RS-SPOC", ["RS-FIU"], {
    kind: "consent",
    grant: { of: passed.ref, recipients: all, ...CONSENT },
  });
  const far = await send("RS-FIU", ["AL-CUSTOMS"], {
    ...{ kind: "notification", consents: [consent.ref, consent2.ref], derivedFrom: [passed.ref] },
  });
  const secret = { ...use, derivedFrom: [told.ref], classification: "secret" };
  await send("RS-SPOC", ["RS-FIU"], secret, NOW, "denied");
  await send("AL-CUSTOMS", ["RS-FIU"], { kind: "notification" });
  expect(queries.copies(told.ref)).toEqual([
    { agency: "RS-SPOC", ref: told.ref },
    { agency: "RS-FIU", ref: passed.ref },
    { agency: "RS-FIU", ref: other.ref },
    { agency: "AL-CUSTOMS", ref: far.ref },
  ]);
  expect(queries.copies(passed.ref)).toEqual([
    { agency: "RS-FIU", ref: passed.ref },
    { agency: "AL-SPOC", ref: passed.ref },
    { agency: "AL-CUSTOMS", ref: far.ref },
  ]);
  expect(queries.copies({ ...told.ref, digest: far.ref.digest })).toEqual([]);
});

test("a message made of two of the same tree is nearer by the shorter way, and named once", async () => {
  const { send, queries } = await createScene();
  const first = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
  const second = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification", derivedFrom: [first.ref] });
  const third = await send("AL-SPOC", ["RS-FIU"], {
    ...{ kind: "notification", derivedFrom: [second.ref, first.ref, first.ref] },
  });
  expect(queries.copies(first.ref).map(({ agency, ref }) => [agency, ref.id])).toEqual([
    ["RS-SPOC", first.ref.id],
    ["RS-SPOC", second.ref.id],
    ["RS-FIU", third.ref.id],
  ]);
});

test("a message is read when an officer, and not a node by itself, has said so and was heard", async () => {
  const { send, reply, queries } = await createScene();
  const { ref } = await send("AL-SPOC", ["RS-SPOC", "RS-FIU"], { kind: "notification" });
  const isRead = () => queries.isReadBy(ref, AgencyId.parse("RS-SPOC"));
  const say = (status: string, role: string) => {
    const officer = { id: "A".repeat(22), role };
    return reply("RS-SPOC", ["AL-SPOC"], "acknowledgement", ref, { status, officer });
  };
  expect(queries.message(ref)).toMatchObject({ kind: "notification" });
  await reply("RS-SPOC", ["AL-SPOC"], "acknowledgement", ref, { status: "read" });
  await say("read", "node");
  await say("received", "officer");
  expect(isRead()).toBe(false);
  const acknowledgement = await say("read", "analyst");
  expect(isRead()).toBe(true);
  expect(queries.isReadBy(ref, AgencyId.parse("RS-FIU"))).toBe(false);
  expect(queries.message(acknowledgement.ref)).toMatchObject({ kind: "acknowledgement", re: ref });
});
