import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { LeixError } from "@leix/protocol";
import { NETWORK_FILES } from "@leix/runtime";
import {
  type BlockMessage,
  createRequest,
  flipBit,
  type LabMessage,
  type LedgerLab,
  listBlockMessages,
  openLedgerLab,
  startProgram,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom, type Random } from "../bench/random.ts";

/**
 * One bit of LEDGER's files is turned over while the broker is stopped. nats-server says nothing about it: it
 * drops a message, the end of the stream, or all of it, or serves what it finds. Followers have to.
 */
const SEED = 20_260_711;
const AGENCIES = ["AL-CUSTOMS", "RS-FIU", "ME-SPOC"];
const RESTORED = 3;
/** A bit of a message's length has the server read its block for ever at its start. */
const READY_MS = 6_000;

let exchange: TestExchange;
let lab: LedgerLab;
let good: LabMessage[];

beforeAll(async () => {
  exchange = await startTestExchange({ agencies: AGENCIES });
  for (const agency of AGENCIES) {
    const others = AGENCIES.filter((other) => other !== agency);
    await exchange.node(agency).send(createRequest(others, `from ${agency}`));
  }
  for (const agency of AGENCIES) await exchange.stopNode(agency);
  await exchange.running.stop();
  await exchange.broker.kill();
  lab = await openLedgerLab(exchange.dir);
  await lab.start();
  await lab.publishCheckpoint();
  expect(await lab.follow(exchange.folderOf("policy"))).toBeUndefined();
  good = await lab.listMessages();
  await lab.stop();
  await lab.keepFiles("stopped");
  // As a crash leaves it, which the server recovers from its blocks.
  await rm(join(await lab.streamFolder("LEDGER"), "msgs", "index.db"));
  await lab.keepFiles("crashed");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  await exchange?.[Symbol.asyncDispose]();
});

interface Flip {
  readonly copy: "stopped" | "crashed";
  /** Relative to the stream's folder. */
  readonly file: string;
  readonly part: string;
  readonly at: number;
  readonly bit: number;
}

interface Outcome {
  readonly flip: Flip;
  readonly kind: "unharmed" | "named" | "refused" | "silent";
  /** What the server serves, and what followers say of it. */
  readonly found: string;
}

const BLOCK = join("msgs", "1.blk");
const PARTS = [
  ["header", 8, ({ begin, subject }: BlockMessage) => [begin, subject]],
  ["subject", 4, ({ subject, body }: BlockMessage) => [subject, body]],
  ["body", 8, ({ body, checksum }: BlockMessage) => [body, checksum]],
  ["checksum", 4, ({ checksum, end }: BlockMessage) => [checksum, end]],
] as const;

async function chooseFlips(random: Random): Promise<Flip[]> {
  await lab.putFiles("stopped");
  const folder = await lab.streamFolder("LEDGER");
  const messages = await listBlockMessages(join(folder, BLOCK));
  expect(messages).toHaveLength(good.length);
  const inBlocks = (["stopped", "crashed"] as const).flatMap((copy) =>
    PARTS.flatMap(([part, count, toRange]) =>
      Array.from({ length: count }, (_, i): Flip => {
        // A quarter in the last message: at the end the server believes what is missing was never there.
        const message = messages.at(i % 4 === 0 ? -1 : random.below(messages.length));
        const [begin = 0, end = 1] = message ? toRange(message) : [];
        return { copy, file: BLOCK, part, at: begin + random.below(end - begin), bit: random.below(8) };
      }),
    ),
  );
  const others = await Promise.all(
    [join("msgs", "index.db"), "meta.inf", "meta.sum"].map(async (file) => {
      const { size } = await stat(join(folder, file));
      return Array.from({ length: 3 }, (): Flip => {
        return { copy: "stopped", file, part: file, at: random.below(size), bit: random.below(8) };
      });
    }),
  );
  return [...inBlocks, ...others.flat()];
}

async function damage({ copy, file, at, bit }: Flip): Promise<void> {
  await lab.putFiles(copy);
  await flipBit(join(await lab.streamFolder("LEDGER"), file), at, bit);
  await lab.start(READY_MS);
}

/** What the broker says when it does not start at all: nobody can miss that. */
async function tryDamage(flip: Flip): Promise<LeixError | undefined> {
  try {
    await damage(flip);
    return undefined;
  } catch (error) {
    if (error instanceof LeixError && error.code === "broker/server-failed") return error;
    throw error;
  }
}

/** All who start: with a memory, and with the newest checkpoint only. */
async function follow(): Promise<(LeixError | undefined)[]> {
  return Promise.all([lab.follow(exchange.folderOf("policy")), lab.follow()]);
}

async function judge(flip: Flip): Promise<Outcome> {
  let served = await listServed();
  if (served instanceof LeixError && served.code === "broker/no-answer") {
    // The server has no such stream any more: `leix network up` makes it, and it finds its blocks again.
    await lab.provision();
    served = await listServed();
  }
  const said = await follow();
  const serves = served instanceof LeixError ? served.code : served.length;
  const found = `${serves}: ${said.map((one) => one?.code)}`;
  const isSame = JSON.stringify(served) === JSON.stringify(good);
  const isNamed = said.every((one) => one !== undefined);
  return { flip, kind: isNamed ? "named" : isSame ? "unharmed" : "silent", found };
}

async function listServed(): Promise<LabMessage[] | LeixError> {
  try {
    return await lab.listMessages();
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
}

test("each flipped bit leaves LEDGER as it was, or is named by every follower", async () => {
  const random = createRandom(SEED);
  const flips = await chooseFlips(random);
  expect(flips.length).toBeGreaterThanOrEqual(50);
  const outcomes: Outcome[] = [];
  for (const flip of flips) {
    const failure = await tryDamage(flip);
    outcomes.push(failure ? { flip, kind: "refused", found: failure.code } : await judge(flip));
    await lab.kill();
  }
  const named = outcomes.filter(({ kind }) => kind === "named");
  expect(outcomes.filter(({ kind }) => kind === "silent")).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
  for (const { flip } of named.filter((_, i) => i % Math.ceil(named.length / RESTORED) === 0)) {
    await damage(flip);
    await restore();
    expect(await lab.listMessages()).toEqual(good);
    expect(await follow()).toEqual([undefined, undefined]);
    await lab.kill();
  }
});

async function restore(): Promise<void> {
  await using program = await startProgram({
    file: new URL("../../packages/cli/src/main.ts", import.meta.url),
    args: ["ledger", "restore", "--dir", lab.dir],
    logFile: join(lab.dir, NETWORK_FILES.log, "restore.log"),
  });
  expect([await program.ended, program.lines[0]]).toEqual([0, expect.stringMatching(/^LEDGER is restored/)]);
}
