import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LedgerWriter, openLedgerWriter } from "@leix/ledger-store";
import {
  type ErrorCode,
  ExchangeId,
  encodeUtf8,
  LeixError,
  type SigningKey,
  toThumbprint,
} from "@leix/protocol";
import { createLogger } from "@leix/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CheckpointKeeper, createCheckpointKeeper } from "./checkpoint-keeper.ts";
import { createLedgerEvents } from "./events.ts";
import { createLogIdentity, type LogIdentity } from "./log-identity.ts";
import type { Checkpoints } from "./ports.ts";

/** CHECKPOINT in memory, whose answers can come to harm. */
interface TestCheckpoints extends Checkpoints {
  load: Checkpoints["load"];
  readonly notes: Uint8Array[];
  harm: "none" | "lost before" | "lost after" | "no answer";
}

function createCheckpoints(): TestCheckpoints {
  const port: TestCheckpoints = {
    notes: [],
    harm: "none",
    load: async () => {
      const note = port.notes.at(-1);
      if (port.harm === "no answer") throw new LeixError("broker/no-answer");
      return note ? { sequence: port.notes.length, note } : null;
    },
    append: async (note, after) => {
      if (port.harm === "lost before") throw new LeixError("broker/not-acknowledged");
      if (after !== port.notes.length) throw new LeixError("broker/head-moved");
      port.notes.push(note);
      if (port.harm === "lost after") throw new LeixError("broker/not-acknowledged");
      return port.notes.length;
    },
  };
  return port;
}

function createKey(): SigningKey {
  const { x = "", d = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return { alg: "Ed25519", kid: toThumbprint(jwk), jwk: { ...jwk, d } };
}

const events = createLedgerEvents(createLogger("ledger", "silent"));
const AUD = ExchangeId.parse("test.example");
const createRecords = (begin: number, end: number): Uint8Array[] =>
  Array.from({ length: end - begin }, (_, i) =>
    encodeUtf8(`{"decision":"record ${begin + i}","kind":"rejection","v":1}`),
  );

let root: string;
let identity: LogIdentity;
let checkpoints: TestCheckpoints;
let settleMs: number;
const writers: LedgerWriter[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-keeper-"));
  identity = await createLogIdentity(AUD, createKey());
  checkpoints = createCheckpoints();
  settleMs = 0;
});
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.close();
  await rm(root, { recursive: true, force: true });
});

/** An instance with a store of its own. */
async function openKeeper(name: string): Promise<{ writer: LedgerWriter; keeper: CheckpointKeeper }> {
  const writer = await openLedgerWriter(join(root, name), { log: identity.log });
  writers.push(writer);
  const toPublic = (note: Uint8Array): Uint8Array => note;
  return {
    writer,
    keeper: createCheckpointKeeper({ writer, checkpoints, identity, events, toPublic, settleMs }),
  };
}

const sizes = async (): Promise<number[]> =>
  Promise.all(checkpoints.notes.map(async (note) => (await identity.verify(note)).size));

async function codeOf(work: Promise<void>): Promise<ErrorCode | "done"> {
  return work.then(
    () => "done" as const,
    (error: unknown) => {
      if (error instanceof LeixError) return error.code;
      throw error;
    },
  );
}

describe("signing", () => {
  it("covers what is durable, once", async () => {
    const { writer, keeper } = await openKeeper("store");
    await keeper.sign();
    expect(await sizes()).toEqual([]);
    await writer.append(createRecords(0, 3));
    expect(keeper.uncovered).toBe(3);
    await keeper.sign();
    await keeper.sign();
    expect([await sizes(), writer.published?.size, keeper.uncovered]).toEqual([[3], 3, 0]);
  });

  it.each(["lost before", "lost after"] as const)("goes on where an answer was %s", async (harm) => {
    const { writer, keeper } = await openKeeper("store");
    await writer.append(createRecords(0, 3));
    checkpoints.harm = harm;
    await keeper.sign();
    checkpoints.harm = "none";
    await writer.append(createRecords(3, 5));
    await keeper.sign();
    expect(await sizes()).toEqual(harm === "lost before" ? [5] : [3, 5]);
    expect(writer.published?.size).toBe(5);
  });

  it("says when nobody answers, and has lost nothing", async () => {
    const { writer, keeper } = await openKeeper("store");
    await writer.append(createRecords(0, 3));
    checkpoints.harm = "no answer";
    expect(await codeOf(keeper.sign())).toBe("broker/no-answer");
    checkpoints.harm = "none";
    await keeper.sign();
    expect(await sizes()).toEqual([3]);
  });
});

describe("two instances", () => {
  it("sign by turns, whatever each of them has by then", async () => {
    const [one, other] = [await openKeeper("one"), await openKeeper("other")];
    await one.writer.append(createRecords(0, 3));
    await other.writer.append(createRecords(0, 5));
    await one.keeper.sign();
    await other.keeper.sign();
    await one.keeper.sign();
    expect(await sizes()).toEqual([3, 5]);
    // This one's store has not grown to the newest yet.
    expect([one.writer.published?.size, one.keeper.uncovered]).toEqual([3, 0]);
    await one.writer.append(createRecords(3, 5));
    await one.keeper.settle();
    expect(one.writer.published?.size).toBe(5);
    await one.writer.append(createRecords(5, 6));
    await one.keeper.sign();
    await other.keeper.look();
    expect([await sizes(), other.keeper.newest?.size]).toEqual([[3, 5, 6], 6]);
  });

  it("publish a newer one where the other's has a size that this store never had", async () => {
    const [one, other] = [await openKeeper("one"), await openKeeper("other")];
    await one.writer.append(createRecords(0, 3));
    await one.keeper.sign();
    await other.writer.append(createRecords(0, 7));
    await other.keeper.look();
    expect(other.writer.published).toBeNull();
    await other.keeper.sign();
    expect([await sizes(), other.writer.published?.size]).toEqual([[3, 7], 7]);
  });

  it("append the same bytes for the same records", async () => {
    const [one, other] = [await openKeeper("one"), await openKeeper("other")];
    for (const { writer } of [one, other]) await writer.append(createRecords(0, 4));
    expect(await identity.sign(one.writer.head)).toEqual(await identity.sign(other.writer.head));
    await Promise.all([one.keeper.sign(), other.keeper.sign()]);
    expect(await sizes()).toEqual([4]);
    expect([one.writer.published?.size, other.writer.published?.size]).toEqual([4, 4]);
  });
});

describe("a crash after each step", () => {
  it.each(["lost before", "lost after"] as const)("%s the append: the next life publishes", async (harm) => {
    const first = await openKeeper("store");
    await first.writer.append(createRecords(0, 3));
    checkpoints.harm = harm;
    await first.keeper.sign().catch(() => undefined);
    checkpoints.harm = "none";
    await first.writer.close();
    const next = await openKeeper("store");
    await next.keeper.look();
    expect(next.writer.published?.size).toBe(harm === "lost after" ? 3 : undefined);
    await next.keeper.sign();
    expect([await sizes(), next.writer.published?.size]).toEqual([[3], 3]);
  });
});

describe("a CHECKPOINT that was put back, while records and store stayed", () => {
  it.each([
    ["to an older checkpoint", 1],
    ["to nothing", 0],
  ])("%s: nothing is signed over it, at the start nor later", async (_, kept) => {
    const { writer, keeper } = await openKeeper("store");
    for (const end of [3, 5, 6]) {
      await writer.append(createRecords(writer.head.size, end));
      await keeper.sign();
    }
    await writer.append(createRecords(6, 8));
    checkpoints.notes.splice(kept);
    expect(await codeOf(keeper.sign())).toBe("ledger/rolled-back");
    expect(await codeOf(keeper.look())).toBe("ledger/rolled-back");
    await writer.close();
    const next = await openKeeper("store");
    expect(await codeOf(next.keeper.look())).toBe("ledger/rolled-back");
    expect(await codeOf(next.keeper.sign())).toBe("ledger/rolled-back");
    expect(checkpoints.notes).toHaveLength(kept);
  });

  it("is not what a server says that is behind, and has it soon after", async () => {
    settleMs = 60_000;
    const { writer, keeper } = await openKeeper("store");
    await writer.append(createRecords(0, 3));
    await keeper.sign();
    await writer.append(createRecords(3, 5));
    const [note = new Uint8Array()] = checkpoints.notes.splice(0);
    const { load } = checkpoints;
    let asked = 0;
    checkpoints.load = () => {
      if (++asked === 3) checkpoints.notes.push(note);
      return load();
    };
    await keeper.sign();
    expect([await sizes(), asked]).toEqual([[3, 5], 3]);
  });

  it("goes on when it has again what was public", async () => {
    const { writer, keeper } = await openKeeper("store");
    await writer.append(createRecords(0, 3));
    await keeper.sign();
    await writer.append(createRecords(3, 5));
    const [note = new Uint8Array()] = checkpoints.notes.splice(0);
    expect(await codeOf(keeper.look())).toBe("ledger/rolled-back");
    checkpoints.notes.push(note);
    await keeper.sign();
    expect(await sizes()).toEqual([3, 5]);
  });
});

describe("a newest checkpoint that is not of this tree", () => {
  it.each([
    ["smaller than what is published", 2, "ledger/forked"],
    ["as large", 3, "ledger/forked"],
    ["larger than what is published, and not than the store", 4, "ledger/rolled-back"],
  ])("%s", async (_, size, code) => {
    const { writer, keeper } = await openKeeper("store");
    await writer.append(createRecords(0, 3));
    await keeper.sign();
    await writer.append(createRecords(3, 5));
    checkpoints.notes.push(await identity.sign({ size, root: new Uint8Array(32).fill(1) }));
    expect(await codeOf(keeper.sign())).toBe(code);
    expect(checkpoints.notes).toHaveLength(2);
    expect(await codeOf(keeper.look())).toBe(code);
  });

  it("of a tree that the store has yet to grow to: then it shows", async () => {
    const { writer, keeper } = await openKeeper("store");
    await writer.append(createRecords(0, 3));
    checkpoints.notes.push(await identity.sign({ size: 5, root: new Uint8Array(32).fill(1) }));
    await keeper.sign();
    await writer.append(createRecords(3, 6));
    expect(await codeOf(keeper.settle())).toBe("ledger/rolled-back");
    expect([await sizes(), writer.published]).toEqual([[5], null]);
  });

  it("by another key", async () => {
    const { writer, keeper } = await openKeeper("store");
    await writer.append(createRecords(0, 3));
    const stranger = await createLogIdentity(AUD, createKey());
    checkpoints.notes.push(await stranger.sign(writer.head));
    expect(await codeOf(keeper.sign())).toBe("ledger/forked");
    expect(writer.published).toBeNull();
  });
});
