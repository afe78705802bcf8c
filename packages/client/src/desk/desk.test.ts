import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgencyId, CountryCode, type ErrorCode, encodeUtf8 } from "@leix/protocol";
import { loadSigningKey } from "@leix/runtime";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange, type TestPost } from "../exchange.testkit.ts";
import { type Desk, openDesk } from "./desk.ts";
import { DESK_FILES } from "./desk-folder.ts";
import { parseSigned, signStatement } from "./signed-statement.ts";

vi.setConfig(PATIENCE);

const CUSTOMS = AgencyId.parse("AL-CUSTOMS");
const AL = CountryCode.parse("AL");

let exchange: TestExchange;
let root: string;
let folder: string;
let post: TestPost;
beforeAll(async () => {
  exchange = await createTestExchange();
  root = await mkdtemp(join(tmpdir(), "leix-desk-"));
});
afterAll(async () => {
  await exchange[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** Each test has the authority's folder as it was given. */
let count = 0;
beforeEach(async () => {
  folder = join(root, `AL-${count++}`);
  await cp(join(exchange.dir, "authorities", "AL"), folder, { recursive: true });
  post = exchange.connect(AL);
});
afterEach(() => {
  post.inbox.takeAll();
});

const open = (choices: { post?: TestPost } = {}): Promise<Desk> =>
  openDesk({ folder, clock: () => exchange.nowMs, post, ...choices });
const outgoing = () => readdir(join(folder, DESK_FILES.outgoing)).catch(() => []);
const decisions = () => readdir(join(folder, DESK_FILES.decisions)).catch(() => []);
const clear = (desk: Desk) => desk.sign({ kind: "clearance", subject: CUSTOMS, level: "confidential" });
const codeOf = (work: Promise<unknown>): Promise<ErrorCode | undefined> =>
  work.then(
    () => undefined,
    (error: { code: ErrorCode }) => error.code,
  );

describe("a desk", () => {
  test("signs nothing before it was told the membership, and keeps what it was told", async () => {
    await using first = await open();
    expect(await codeOf(clear(first))).toBe("config/invalid");
    expect(await first.refresh()).toBeGreaterThan(20);
    expect(await first.refresh()).toBe(0);
    await using second = await open();
    expect(second.statements).toEqual(first.statements);
    expect(second.state.head).toEqual(first.state.head);
  });

  test("publishes what it signed, keeps the proven answer, and then lets go of both", async () => {
    await using desk = await open();
    await desk.refresh();
    const signed = await clear(desk);
    const version = signed.statement.version;
    expect(await outgoing()).toEqual([`0001-clearance-AL-CUSTOMS-${version}.json`]);
    const answer = await desk.publish(signed);
    expect(answer).toEqual({
      kind: "recorded",
      index: exchange.records.length - 1,
      at: exchange.nowMs / 1_000,
    });
    expect([await outgoing(), await decisions()]).toEqual([[], [`${signed.digest}.json`]]);
    expect(post.acknowledged).toEqual([`decision.${signed.digest}`]);
    expect(await desk.publish(signed)).toEqual(answer);
    expect(exchange.records).toHaveLength((answer.kind === "recorded" ? answer.index : 0) + 1);
  });

  test("counts the next version from what waits to be published, each on the one before it", async () => {
    await using desk = await open();
    await desk.refresh();
    const [one, two] = [await clear(desk), await clear(desk)];
    expect(two.statement.version).toBe(one.statement.version + 1);
    expect((await desk.listOutgoing()).map(({ signed }) => signed.digest)).toEqual([one.digest, two.digest]);
    await desk.drop(two);
    expect((await clear(desk)).statement.version).toBe(two.statement.version);
  });

  test("refuses to sign what the exchange would refuse", async () => {
    await using desk = await open();
    await desk.refresh();
    const foreign = { kind: "clearance", subject: AgencyId.parse("RS-FIU"), level: "restricted" } as const;
    expect(await codeOf(desk.sign(foreign))).toBe("statement/unauthorised");
    expect(await codeOf(desk.sign({ ...foreign, subject: CUSTOMS, version: 9 }))).toBe("statement/version");
    expect(await codeOf(desk.sign({ ...foreign, level: "cosmic" } as never))).toBe("input/schema");
    expect(await outgoing()).toEqual([]);
  });

  test("tells the coded refusal, and does not try it again", async () => {
    await using desk = await open();
    await desk.refresh();
    const key = await loadSigningKey(folder);
    const { statement } = await clear(desk);
    const stale = await signStatement({ ...statement, version: 1, level: "secret" }, key);
    const answer = await desk.publish(stale);
    expect(answer).toMatchObject({ kind: "refused", code: "statement/version" });
    expect((await desk.listOutgoing()).map(({ signed }) => signed.digest)).not.toContain(stale.digest);
    expect(await decisions()).toContain(`${stale.rawDigest}.json`);
  });

  test("completes after it ended with the statement published and no answer seen", async () => {
    await using first = await open();
    await first.refresh();
    const signed = await clear(first);
    await exchange.publish(AL, signed.bytes);
    // The answer is lost with whoever took it: only the exchange and the folder know of the statement.
    post.inbox.takeAll();
    await using second = await open();
    const [waiting] = await second.listOutgoing();
    expect(waiting?.signed.digest).toBe(signed.digest);
    expect((await second.publish(waiting?.signed ?? signed)).kind).toBe("recorded");
    expect(await outgoing()).toEqual([]);
  });

  test("needs no answer for what the membership shows as recorded", async () => {
    await using desk = await open();
    await desk.refresh();
    await exchange.publish(AL, (await clear(desk)).bytes);
    await desk.refresh();
    expect(await desk.listOutgoing()).toEqual([]);
  });

  test("sends again what may not have arrived", async () => {
    await using desk = await open();
    await desk.refresh();
    post.sendFaults.push({ code: "broker/not-acknowledged", arrives: true });
    expect((await desk.publish(await clear(desk))).kind).toBe("recorded");
    post.sendFaults.push({ code: "broker/backlog-full", arrives: false });
    const signed = await clear(desk);
    expect(await codeOf(desk.publish(signed))).toBe("broker/backlog-full");
    post.sendFaults.push({ code: "broker/not-acknowledged", arrives: false });
    expect(await codeOf(desk.publish(signed, 300))).toBe("client/decision-timeout");
    expect(await outgoing()).toHaveLength(1);
  });

  test("believes no answer that is not the policy service's, and keeps it apart", async () => {
    await using desk = await open();
    await desk.refresh();
    const forged = encodeUtf8(JSON.stringify({ decision: "e30.e30.e30~" }));
    const acknowledge = () => void post.acknowledged.push("forged");
    const account = exchange.accountOf(AL);
    post.inbox.add({ kind: "decision", sender: account, id: "x", payload: forged, acknowledge });
    expect((await desk.publish(await clear(desk))).kind).toBe("recorded");
    expect(await decisions()).toContainEqual(expect.stringMatching(/^unproven-/));
  });

  test("does without a damaged tail of what it kept, and refuses what was altered", async () => {
    {
      await using desk = await open();
      await desk.refresh();
    }
    const file = join(folder, DESK_FILES.membership);
    const text = await readFile(file, "utf8");
    await truncate(file, text.length - 10);
    {
      await using desk = await open();
      expect(await desk.refresh()).toBe(1);
    }
    await writeFile(file, text.replace("statement", "statemens"));
    expect(await codeOf(open())).toBe("config/invalid");
  });

  test("is nobody's but an authority's or the anchor's", async () => {
    expect(await codeOf(openDesk({ folder: join(exchange.dir, "agencies", "AL-CUSTOMS") }))).toBe(
      "config/invalid",
    );
    await using anchor = await openDesk({ folder: join(exchange.dir, "anchor"), post });
    expect(anchor.party).toBe("anchor");
    expect(() => parseSigned(encodeUtf8('{"tick":1}'))).toThrow(
      expect.objectContaining({ code: "input/schema" }),
    );
  });
});
