import { join } from "node:path";
import { type AgencyId, encodeUtf8, invariant, parseRecord } from "@leix/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, NOW, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { openMembership } from "./membership.ts";
import { changeAgency, changeAuthority, compromiseKey } from "./membership-change.testkit.ts";
import { openTestParty, toAgencies } from "./party.testkit.ts";
import { openStore } from "./store.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

const [customs] = toAgencies("AL-CUSTOMS") as [AgencyId];

describe("the own fold", () => {
  test("takes in every page, and knows who has which keys", async () => {
    using party = await openTestParty(exchange, "RS-FIU");
    const { membership } = party;
    expect(membership.count).toBeGreaterThan(7);
    expect(membership.findParty(exchange.accountOf("AL-CUSTOMS"))).toBe("AL-CUSTOMS");
    expect(membership.findKey(exchange.policyKey.kid)).toMatchObject({ party: "policy" });
    const key = membership.findEncryptionKey(customs, NOW);
    expect(key && membership.findKey(key.kid)).toMatchObject({ party: "AL-CUSTOMS", key: { use: "enc" } });
    expect(membership.findEncryptionKey(customs, NOW * 2)).toBeUndefined();
    expect(membership.findEncryptionKey("AL-NOBODY" as AgencyId, NOW)).toBeUndefined();
  });

  test("starts again from the store, without asking", async () => {
    using party = await openTestParty(exchange, "RS-FIU");
    party.post.rulesFault = "broker/no-answer";
    using store = openStore(join(party.folder, "node.sqlite"));
    const again = await openMembership(party.identity.trust, store, party.post);
    expect(again.count).toBe(party.membership.count);
    await expect(again.refresh()).rejects.toMatchObject({ code: "broker/no-answer" });
  });

  test("asks only once at a time", async () => {
    using party = await openTestParty(exchange, "RS-FIU");
    const asked: number[] = [];
    const post = {
      ...party.post,
      listRules: (count: number) => {
        asked.push(count);
        return party.post.listRules(count);
      },
    };
    const membership = await openMembership(party.identity.trust, party.store, post);
    await Promise.all([membership.refresh(), membership.refresh()]);
    expect(asked).toEqual([party.membership.count]);
  });
});

describe("a key that is withdrawn", () => {
  test("stays known, with the place in the ledger from which it no longer counts", async () => {
    using party = await openTestParty(exchange, "RS-FIU");
    const before = party.membership.findEncryptionKey(customs, NOW);
    const index = exchange.records.length;
    await changeAgency(exchange, "AL-CUSTOMS", ({ keys }) => ({
      keys: keys.filter(({ use }) => use === "sig"),
    }));
    expect(await party.membership.refresh()).toBe(1);
    expect(before && party.membership.findKey(before.kid)).toMatchObject({ withdrawnAt: index });
    expect(party.membership.findEncryptionKey(customs, NOW)).toBeUndefined();
    using store = openStore(join(party.folder, "node.sqlite"));
    const again = await openMembership(party.identity.trust, store, party.post);
    expect(before && again.findKey(before.kid)).toMatchObject({ withdrawnAt: index });
  });
});

describe("a key in wrong hands", () => {
  test("counts for nothing from that place on, whatever its agency's statement lists", async () => {
    using party = await openTestParty(exchange, "RS-FIU");
    const [spoc] = toAgencies("AL-SPOC") as [AgencyId];
    const { membership } = party;
    const before = membership.findEncryptionKey(spoc, NOW);
    invariant(before, "it has a key to encrypt to");
    const index = exchange.records.length;
    await compromiseKey(exchange, "AL-SPOC", before.kid);
    expect(await membership.refresh()).toBe(1);
    expect(membership.findKey(before.kid)).toMatchObject({ party: "AL-SPOC", withdrawnAt: index });
    expect(membership.findEncryptionKey(spoc, NOW)).toBeUndefined();
    const kids = membership.findAgency(spoc)?.keys.map(({ kid }) => kid);
    // Its keys to sign and to cosign.
    expect([kids?.length, kids?.includes(before.kid)]).toEqual([2, false]);
  });
});

test("an agency takes part while its country's authority does", async () => {
  using party = await openTestParty(exchange, "RS-FIU");
  const { membership } = party;
  expect(membership.isActive(customs)).toBe(true);
  for (const status of ["suspended", "active"] as const) {
    await changeAuthority(exchange, "AL", { status });
    await membership.refresh();
    expect(membership.isActive(customs)).toBe(status === "active");
    expect(membership.isActive("RS-FIU")).toBe(true);
  }
});

describe("the registry need not be believed", () => {
  test.each([
    [
      "an altered record",
      (bytes: Uint8Array) => alterText(bytes, '"kind":"statement"', '"kind":"statemenT"'),
      "record/malformed",
    ],
    [
      "a record twice",
      (bytes: Uint8Array, i: number) => (i === 1 ? exchange.records[0] : bytes),
      "record/index",
    ],
    [
      "a statement left out",
      (bytes: Uint8Array, i: number) => (i === 0 ? exchange.records[1] : bytes),
      "jws/key-unknown",
    ],
  ])("%s is refused, and nothing of the page is kept", async (_name, alter, code) => {
    using party = await openTestParty(exchange, "RS-FIU");
    using store = openStore(join(party.folder, "empty.sqlite"));
    const post = {
      ...party.post,
      listRules: async (count: number) =>
        (await party.post.listRules(count)).map((bytes, i) => alter(bytes, i) ?? bytes),
    };
    const membership = await openMembership(party.identity.trust, store, post);
    await expect(membership.refresh()).rejects.toMatchObject({ code });
    expect(membership.count).toBe(0);
    expect(store.rules.list(0)).toEqual([]);
    expect(store.sightings.last()).toBeUndefined();
  });

  test("a ledger that was replaced is noticed", async () => {
    using party = await openTestParty(exchange, "RS-FIU");
    const [first = new Uint8Array()] = exchange.records;
    const { index, at } = parseRecord(first).decision.content;
    using store = openStore(join(party.folder, "empty.sqlite"));
    store.sightings.add({ index, digest: party.identity.trust.anchorKey as never, prev: null, at });
    const membership = await openMembership(party.identity.trust, store, party.post);
    await expect(membership.refresh()).rejects.toMatchObject({ code: "ledger/rolled-back" });
    expect(store.rules.list(0)).toEqual([]);
  });
});

function alterText(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return encodeUtf8(new TextDecoder().decode(bytes).replace(from, to));
}
