import { startTestBroker, type TestBroker } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNkey, toAccountId } from "./accounts/nkeys.ts";
import { compareBroker, createStreams, ensurePartyConsumers } from "./provision.ts";

const sizes = { replicas: 1, outBytesMax: 1e9, inboxBytesMax: 1e9, quarantineBytesMax: 1e8 };
let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC"], sizes });
});
afterAll(() => broker[Symbol.asyncDispose]());

describe("createStreams", () => {
  it("changes nothing when it is repeated", async () => {
    await using provisioner = await broker.connect("provisioner");
    await createStreams(provisioner, sizes);
    await using monitor = await broker.connect("monitor");
    expect(await compareBroker(monitor, { sizes, accounts: [] })).toEqual([]);
  });

  it("refuses to find a stream that is otherwise than wanted, and leaves it as it is", async () => {
    await using provisioner = await broker.connect("provisioner");
    const creating = createStreams(provisioner, { ...sizes, outBytesMax: 2e9 });
    await expect(creating).rejects.toMatchObject({
      code: "broker/refused",
      detail: expect.stringContaining("stream OUT"),
    });
    await using monitor = await broker.connect("monitor");
    expect(await compareBroker(monitor, { sizes, accounts: [] })).toEqual([]);
  });
});

describe("ensurePartyConsumers", () => {
  it("makes both, and the same again", async () => {
    const account = toAccountId(createNkey("account"));
    await using registry = await broker.connect("registry");
    await using monitor = await broker.connect("monitor");
    const missing = await compareBroker(monitor, { sizes, accounts: [account] });
    expect(missing.map(({ of, setting }) => [of, setting])).toEqual([
      [`consumer OUT/${account}`, "exists"],
      [`consumer INBOX/${account}`, "exists"],
    ]);
    await ensurePartyConsumers(registry, account);
    await ensurePartyConsumers(registry, account);
    expect(await compareBroker(monitor, { sizes, accounts: [account] })).toEqual([]);
  });
});

describe("compareBroker", () => {
  it("names what is otherwise than wanted", async () => {
    await using monitor = await broker.connect("monitor");
    const wanted = { sizes: { ...sizes, inboxBytesMax: 5 }, accounts: [broker.party("AL-SPOC").account] };
    expect(await compareBroker(monitor, wanted)).toEqual([
      { of: "stream INBOX", setting: "max_bytes", wanted: 5, actual: 1e9 },
    ]);
  });

  it("needs a right that the services do not have", async () => {
    await using auditor = await broker.connect("auditor");
    const comparing = compareBroker(auditor, { sizes, accounts: [] });
    await expect(comparing).rejects.toMatchObject({ code: "broker/refused" });
  });
});
