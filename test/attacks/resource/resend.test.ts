import { checkExactlyOnce, createRequest, type PartyWire, untilIdle } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, startAssault } from "../assault.ts";

/** The same again and again costs the ledger one record, and nobody else anything. */
const TIMES = 1_000;
const ABREAST = 50;

let assault: Assault;
let wire: PartyWire;
beforeAll(async () => {
  assault = await startAssault({ readers: ["RS-SPOC", "MK-SPOC"] });
  wire = await assault.exchange.wire(ATTACKER);
});
afterAll(() => assault?.[Symbol.asyncDispose]());

async function resend(bytes: Uint8Array): Promise<void> {
  let left = TIMES;
  await Promise.all(
    Array.from({ length: ABREAST }, async () => {
      while (left-- > 0) await wire.publish(bytes);
    }),
  );
}

describe("the same at full speed", () => {
  it("an old message: one record, one copy each, and another's message goes through meanwhile", async () => {
    const sent = await assault.message();
    await wire.publish(sent.bytes);
    expect((await wire.untilAnswered(sent.id)).decision.outcome).toBe("permitted");
    await untilIdle(assault.exchange);
    const ledger = await assault.exchange.countMessages("ledger");
    const copies = await assault.exchange.countWaiting(["RS-FIU", "ME-SPOC", "AL-SPOC"]);
    const other = assault.exchange.node("RS-SPOC").send(createRequest(["MK-SPOC"], "meanwhile"));
    await resend(sent.bytes);
    expect((await other).status).toBe("permitted");
    await untilIdle(assault.exchange, 180_000);
    expect(await assault.exchange.countWaiting(["RS-FIU", "ME-SPOC", "AL-SPOC"])).toBe(copies);
    const since = await assault.exchange.records(ledger);
    expect(since.filter(({ decision }) => decision.content.input.account === wire.account)).toEqual([]);
  });

  it("a refused message: one rejection, whose code it gets again", async () => {
    const { bytes, raw } = await assault.message({ claims: { aud: "other.leix.example" } });
    await assault.refused(bytes, "claims/audience");
    await untilIdle(assault.exchange);
    const ledger = await assault.exchange.countMessages("ledger");
    await resend(bytes);
    await untilIdle(assault.exchange, 180_000);
    expect((await wire.untilAnswered(raw, 2)).decision.content).toMatchObject({ code: "claims/audience" });
    expect(await assault.exchange.countMessages("ledger")).toBe(ledger);
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
