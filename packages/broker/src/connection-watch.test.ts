import { describe, expect, it } from "vitest";
import { untilCutOff } from "./connection-watch.ts";

describe("untilCutOff", () => {
  it("is the work's outcome while the connection lasts", async () => {
    const { signal } = new AbortController();
    expect(await untilCutOff(Promise.resolve(1), signal)).toBe(1);
    await expect(untilCutOff(Promise.reject(new Error("own")), signal)).rejects.toThrow("own");
    expect(await untilCutOff(Promise.resolve(2), undefined)).toBe(2);
  });

  it("ends at once when the connection is lost, also before the work began", async () => {
    const controller = new AbortController();
    const work = untilCutOff(new Promise(() => undefined), controller.signal);
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: "broker/no-answer" });
    const later = untilCutOff(new Promise(() => undefined), controller.signal);
    await expect(later).rejects.toMatchObject({ code: "broker/no-answer" });
  });
});
