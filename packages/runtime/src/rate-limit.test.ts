import { expect, it } from "vitest";
import { createRateLimit, type RateLimit } from "./rate-limit.ts";

const count = (limit: RateLimit, party: string): number => {
  for (let asked = 0; ; asked++) {
    try {
      limit(party);
    } catch (error) {
      expect(error).toMatchObject({ code: "ledger/too-many-requests" });
      return asked;
    }
  }
};

it("lets a party ask so often at once, then so often a second, and no other party pays for it", () => {
  let now = 0;
  const limit = createRateLimit(() => now, { perSecond: 20, atOnceMax: 200 });
  expect(count(limit, "AL-SPOC")).toBe(200);
  now += 1_000;
  expect(count(limit, "AL-SPOC")).toBe(20);
  now += 3_600_000;
  expect(count(limit, "AL-SPOC")).toBe(200);
  expect(count(limit, "RS-SPOC")).toBe(200);
});
