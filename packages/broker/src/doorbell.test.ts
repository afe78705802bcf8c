import { describe, expect, it } from "vitest";
import { Doorbell } from "./doorbell.ts";

describe("Doorbell", () => {
  it("keeps a ring that came before the wait, once", async () => {
    const bell = new Doorbell();
    bell.ring();
    bell.ring();
    expect(await bell.wait({})).toBe(true);
    expect(await bell.wait({ timeoutMs: 1 })).toBe(false);
  });

  it("answers a ring during the wait", async () => {
    const bell = new Doorbell();
    const waiting = bell.wait({});
    bell.ring();
    expect(await waiting).toBe(true);
  });

  it("ends with the signal, before or during the wait", async () => {
    const bell = new Doorbell();
    const controller = new AbortController();
    const waiting = bell.wait({ signal: controller.signal });
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await bell.wait({ signal: controller.signal })).toBe(false);
  });
});
