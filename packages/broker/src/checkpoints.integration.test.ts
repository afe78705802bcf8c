import { startTestBroker, type TestBroker } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appendCheckpoint, loadCheckpoint } from "./checkpoints.ts";

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

const note = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("checkpoints", () => {
  it("are appended after the newest only, and the newest is read by every follower", async () => {
    await using ledger = await broker.connect("ledger");
    expect(await loadCheckpoint(ledger)).toBeNull();
    const first = await appendCheckpoint(ledger, note("first"), 0);
    await expect(appendCheckpoint(ledger, note("other"), 0)).rejects.toMatchObject({
      code: "broker/head-moved",
    });
    const second = await appendCheckpoint(ledger, note("second"), first);
    expect(second).toBe(first + 1);
    for (const role of ["ledger", "policy", "registry", "auditor"] as const) {
      await using nc = await broker.connect(role);
      const { sequence, note: stored } = (await loadCheckpoint(nc)) ?? {};
      expect([sequence, stored && new TextDecoder().decode(stored)]).toEqual([second, "second"]);
    }
  });

  it("are written by the ledger service alone, and not read by whoever has no use for them", async () => {
    await using auditor = await broker.connect("auditor");
    await expect(appendCheckpoint(auditor, note("forged"), 0)).rejects.toMatchObject({
      code: "broker/refused",
    });
    await using monitor = await broker.connect("monitor");
    await expect(loadCheckpoint(monitor)).rejects.toMatchObject({ code: "broker/refused" });
  });
});
