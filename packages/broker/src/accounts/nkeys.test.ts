import { describe, expect, it } from "vitest";
import { checkPublicNkey, createNkey, type NkeyKind, parseSeed, toAccountId, toSeed } from "./nkeys.ts";

const KINDS: readonly NkeyKind[] = ["operator", "account", "user"];

describe("nkeys", () => {
  it.each(KINDS)("keeps a %s over its seed", (kind) => {
    const key = createNkey(kind);
    expect(parseSeed(kind, `${toSeed(key)}\n`).getPublicKey()).toBe(key.getPublicKey());
    expect(checkPublicNkey(kind, key.getPublicKey())).toBe(key.getPublicKey());
  });

  it("does not take the seed or key of one kind for another", () => {
    const account = createNkey("account");
    for (const kind of ["operator", "user"] as const) {
      expect(() => parseSeed(kind, toSeed(account))).toThrow(
        expect.objectContaining({ code: "key/invalid" }),
      );
      expect(() => checkPublicNkey(kind, account.getPublicKey())).toThrow(
        expect.objectContaining({ code: "key/invalid" }),
      );
    }
  });

  it("refuses a key whose checksum is wrong", () => {
    const id = toAccountId(createNkey("account"));
    const wrong = id.slice(0, 20) + (id[20] === "A" ? "B" : "A") + id.slice(21);
    expect(() => checkPublicNkey("account", wrong)).toThrow(expect.objectContaining({ code: "key/invalid" }));
  });

  it.each(["", "SU", "nonsense"])("refuses the seed %j without repeating it", (text) => {
    expect(() => parseSeed("user", text)).toThrow(
      expect.objectContaining({ detail: "not the seed of a NATS user" }),
    );
  });
});
