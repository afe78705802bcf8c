import type { Expiring } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { waitUntil } from "@leix/testkit";
import { describe, expect, it } from "vitest";
import { joinHealth, listEndingSoon, WARN_DAYS, watchExpiry } from "./expiry-watch.ts";

const DAY_MS = 86_400_000;
const toThing = (to: number): Expiring => ({
  what: "the client certificate",
  owner: "AL-SPOC",
  from: 0,
  to,
  renew: "leix certificate renew --as AL-SPOC",
  mend: "leix certificate request --as AL-SPOC",
});

describe("listEndingSoon", () => {
  it("names the thing, its owner, its end and the command, ahead and afterwards", () => {
    const end = Date.parse("2030-03-31T00:00:00Z");
    const said = (now: number) => listEndingSoon([toThing(end)], now);
    expect(said(end - WARN_DAYS * DAY_MS)).toEqual([]);
    expect(said(end - WARN_DAYS * DAY_MS + 1)).toEqual([
      "the client certificate of AL-SPOC ends on 2030-03-31, in 29 days; " +
        "renew it with: leix certificate renew --as AL-SPOC",
    ]);
    expect(said(end)).toEqual([
      "the client certificate of AL-SPOC ended on 2030-03-31; " +
        "mend it with: leix certificate request --as AL-SPOC",
    ]);
  });
});

describe("watchExpiry", () => {
  it("warns until the file is renewed, and says when it cannot look", async () => {
    const stopping = new AbortController();
    let found: () => Expiring[] = () => [toThing(Date.now() + DAY_MS)];
    const health = joinHealth(
      { problems: () => ["another"] },
      await watchExpiry(async () => found(), stopping.signal, 5),
    );
    expect(health.problems()).toEqual(["another", expect.stringContaining("AL-SPOC ends on")]);
    found = () => {
      throw new LeixError("config/invalid", "tls.key");
    };
    await waitUntil("it to be said", () => health.problems().includes("config/invalid: tls.key"));
    found = () => [toThing(Date.now() + 365 * DAY_MS)];
    await waitUntil("all to be well", () => health.problems().length === 1);
    stopping.abort();
  });
});
