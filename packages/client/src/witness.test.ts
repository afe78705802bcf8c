import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  decodeBase64url,
  encodeLogAnswer,
  encodeUtf8,
  LeixError,
  toPublicJwk,
  toWitnessName,
} from "@leix/protocol";
import { loadCosigningKey, PARTY_FILES } from "@leix/runtime";
import {
  createSigner,
  createVerifier,
  encodeAddCheckpoint,
  encodeNote,
  type Note,
  parseCosignatures,
  parseForkProof,
  parseNote,
  parseTreeSize,
  signNote,
  toVerifierKey,
  verifyCosignature,
  verifyFork,
} from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type AgencyName, createTestExchange, NOW, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { compareCheckpoints } from "./witness/compare.ts";
import { createTestLog, type TestLog } from "./witness/test-log.testkit.ts";
import { codeOf, openWitness, type TestWitness } from "./witness/test-witness.testkit.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

const open = (agency: AgencyName, log: TestLog | undefined, folder?: string) =>
  openWitness(exchange, agency, log, folder);

/** The time that a cosignature of a tree says; throws where it is none. */
async function verifyLines(
  lines: Uint8Array,
  note: Note,
  agency: AgencyName,
  folder: string,
): Promise<number> {
  const [line, ...others] = parseCosignatures(lines);
  const key = await loadCosigningKey(folder);
  const publicKey = decodeBase64url(key ? toPublicJwk(key).x : "");
  if (!line || !publicKey) throw new Error("no cosignature");
  expect(others).toEqual([]);
  const name = toWitnessName(exchange.network.exchange, agency as never);
  const verifier = await createVerifier(toVerifierKey(name, "cosignature/v1", publicKey));
  return verifyCosignature(note.text, line, verifier);
}

describe("a witness that asks", () => {
  test("cosigns what grew, hands that in once, and knows it after a restart", async () => {
    const log = await createTestLog(exchange, 5);
    await using first = await open("AL-SPOC", log);
    expect([first.node.witness.cosigns, first.node.witness.last()]).toEqual([true, undefined]);
    await first.node.witness.cosignNewest();
    await first.node.witness.cosignNewest();
    expect(first.node.witness.last()).toMatchObject({ size: 5, root: log.rootOf(5), at: NOW });
    expect(log.handedIn.map(({ size }) => size)).toEqual([5]);
    log.size = 12;
    await using again = await open("AL-SPOC", log, first.folder);
    expect(again.node.witness.last()).toMatchObject({ size: 5 });
    await again.node.witness.cosignNewest();
    expect(log.handedIn.map(({ size }) => size)).toEqual([5, 12]);
    for (const { size, lines } of log.handedIn) {
      expect(await verifyLines(lines, await log.sign(size), "AL-SPOC", first.folder)).toBe(NOW);
    }
    expect(again.node.witness.last()?.note).toEqual(encodeNote(await log.sign(12)));
    expect(again.node.problems().filter((one) => one.includes("ledger"))).toEqual([]);
  });

  test("hands the same bytes in again until the log has had them", async () => {
    const log = await createTestLog(exchange, 5);
    await using witness = await open("RS-SPOC", undefined);
    const said: Uint8Array[] = [];
    const silent = {
      ...log,
      async answer(question: Uint8Array) {
        if (!new TextDecoder().decode(question).includes("cosignatures")) return log.answer(question);
        said.push(question);
        throw new LeixError("broker/no-answer");
      },
    };
    witness.ask(silent);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await codeOf(witness.node.witness.cosignNewest())).toBe("broker/no-answer");
      exchange.nowMs += 60_000;
    }
    witness.ask(log);
    await witness.node.witness.cosignNewest();
    expect(said).toHaveLength(2);
    expect(said[1]).toEqual(said[0]);
    expect(log.handedIn).toHaveLength(1);
    const [{ lines } = { lines: new Uint8Array() }] = log.handedIn;
    expect(await verifyLines(lines, await log.sign(5), "RS-SPOC", witness.folder)).toBe(NOW);
    exchange.nowMs = NOW * 1_000;
  });

  test("goes on asking while nobody answers, says so once, and ends when it is told", async () => {
    const log = await createTestLog(exchange, 5);
    await using witness = await open("RS-FIU", undefined);
    const stopping = new AbortController();
    const running = witness.node.witness.run(stopping.signal);
    expect(await witness.events.until("witness.waiting")).toMatchObject({ code: "broker/no-answer" });
    expect(witness.node.problems().filter((one) => one.includes("ledger"))).toEqual([]);
    witness.ask(log);
    expect(await witness.events.until("checkpoint.witnessed")).toMatchObject({ size: 5 });
    stopping.abort();
    await running;
    expect(witness.events.events.filter(({ kind }) => kind === "witness.waiting")).toHaveLength(1);
  });

  test("watches and refuses without a key, and cosigns nothing", async () => {
    const log = await createTestLog(exchange, 9);
    const folder = await exchange.copyFolder("RS-FIU");
    await rm(join(folder, PARTY_FILES.cosigning));
    await using witness = await open("RS-FIU", log, folder);
    await witness.node.witness.cosignNewest();
    expect([witness.node.witness.cosigns, witness.node.witness.last()?.size]).toEqual([false, 9]);
    expect(log.handedIn).toEqual([]);
    const other = log.fork(4);
    other.size = 20;
    witness.ask(other);
    await witness.node.witness.cosignNewest();
    expect(witness.node.witness.last()?.size).toBe(9);
    expect(await witness.node.witness.listForks()).toHaveLength(1);
  });
});

describe("two histories", () => {
  const prove = async (file: string, witness: TestWitness) => {
    const keys = await Promise.all(witness.node.witness.listLogKeys().map(createVerifier));
    return verifyFork(parseForkProof(await readFile(file)), () => keys);
  };

  test.each([
    ["by the proof that came with it", 11, 30, true],
    ["by the tiles, where the size is a power of two", 16, 300, false],
  ])("are refused, alarmed of, and proven %s", async (_how, first, second, withholdsTiles) => {
    const log = await createTestLog(exchange, first);
    await using witness = await open("AL-SPOC", log);
    await witness.node.witness.cosignNewest();
    const other = Object.assign(log.fork(7), { size: second, withholdsTiles });
    witness.ask(other);
    await witness.node.witness.cosignNewest();
    await witness.node.witness.cosignNewest();
    expect(witness.node.witness.last()).toMatchObject({ size: first, root: log.rootOf(first) });
    expect(other.handedIn).toEqual([]);
    const alarms = witness.events.events.filter(({ kind }) => kind === "ledger.forked");
    const [file = "", ...more] = await witness.node.witness.listForks();
    expect([alarms, more]).toEqual([[{ kind: "ledger.forked", code: "ledger/forked", file }], []]);
    expect(witness.node.problems().join()).toContain("ledger/forked");
    expect(await prove(file, witness)).toMatchObject({ first: { size: first }, second: { size: second } });

    await using again = await open("AL-SPOC", undefined, witness.folder);
    const stopping = new AbortController();
    const running = again.node.witness.run(stopping.signal);
    expect(await again.events.until("ledger.forked")).toMatchObject({ file });
    expect(again.node.problems().join()).toContain("ledger/forked");
    stopping.abort();
    await running;
  });

  test("of one size are proven by whoever brings the second", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await open("AL-SPOC", log);
    await witness.node.witness.cosignNewest();
    const { status, body } = await witness.node.witness.addCheckpoint(await log.fork(3).request(16));
    expect([status, parseTreeSize(body)]).toEqual([409, 16]);
    const [file = ""] = await witness.node.witness.listForks();
    expect(await prove(file, witness)).toMatchObject({ first: { size: 16 }, second: { size: 16 } });
  });

  test("are relied on by nobody who saw the other", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await open("AL-SPOC", log);
    const { witness: own } = witness.node;
    await own.cosignNewest();
    log.size = 30;
    expect(await own.accept(encodeNote(await log.sign(21)))).toMatchObject({ checkpoint: { size: 21 } });
    expect(await codeOf(own.accept(encodeNote(await signAs("AL-SPOC", await log.sign()))))).toBe(
      "tlog/note-unsigned",
    );
    const other = Object.assign(log.fork(7), { size: 30 });
    witness.ask(other);
    expect(await codeOf(own.accept(encodeNote(await other.sign(21))))).toBe("ledger/forked");
    expect(witness.node.problems().join()).toContain("ledger/forked");
    expect(await own.listForks()).toHaveLength(1);
  });

  test("of which the other is no larger are noticed although nothing is offered", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await open("AL-SPOC", log);
    const { witness: own } = witness.node;
    expect([await own.cosignNewest(), await own.cosignNewest()]).toEqual(["kept", "nothing-new"]);
    witness.ask(log.fork(7));
    expect(await own.cosignNewest()).toBe("refused");
    expect(witness.node.problems().join()).toContain("ledger/forked");
    const [file = ""] = await own.listForks();
    expect(await prove(file, witness)).toMatchObject({ first: { size: 16 }, second: { size: 16 } });
  });

  test("that nobody proves are refused too, and what was refused is kept", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await open("AL-SPOC", log);
    await witness.node.witness.cosignNewest();
    const other = Object.assign(log.fork(7), { size: 40, withholdsTiles: true });
    witness.ask(other);
    await witness.node.witness.cosignNewest();
    expect(witness.node.problems().join()).toContain("tlog/consistency");
    expect(await witness.node.witness.listForks()).toEqual([]);
    const [name = ""] = await readdir(join(witness.folder, PARTY_FILES.forks));
    const refused = await readFile(join(witness.folder, PARTY_FILES.forks, name));
    expect(new Uint8Array(refused)).toEqual(encodeNote(await other.sign(40)));
    // With its tiles, from wherever they come, the same note proves it.
    other.withholdsTiles = false;
    const compared = await witness.node.witness.compare(
      refused,
      witness.node.witness.last()?.note ?? refused,
    );
    if (compared.kind !== "forked") throw new Error(compared.kind);
    expect(compared.proof.second).toEqual(await other.sign(40));
    // The honest log grows on: the refusal is over.
    log.size = 41;
    witness.ask(log);
    await witness.node.witness.cosignNewest();
    expect(witness.node.problems().join()).not.toContain("tlog/");
  });

  test("are not what a wrong proof of an honest checkpoint is", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await open("AL-SPOC", log);
    await witness.node.witness.cosignNewest();
    log.size = 40;
    const broken = { oldSize: 16, hashes: [log.rootOf(3)], note: await log.sign() };
    expect((await witness.node.witness.addCheckpoint(encodeAddCheckpoint(broken))).status).toBe(422);
    expect(await witness.node.witness.listForks()).toEqual([]);
    expect(witness.events.events.map(({ kind }) => kind)).not.toContain("ledger.forked");
    // Anyone can send that: it must not make a node look ill.
    expect(witness.node.problems().join()).not.toContain("tlog/");
    const asked = { ...log, answer: async () => encodeLogAnswer("add-checkpoint", { request }) };
    const request = new TextDecoder().decode(encodeAddCheckpoint(broken));
    witness.ask(asked);
    await witness.node.witness.cosignNewest();
    expect(await witness.events.until("checkpoint.refused")).toMatchObject({ code: "tlog/consistency" });
    expect(witness.node.problems().join()).toContain("tlog/consistency");
    witness.ask(log);
    await witness.node.witness.cosignNewest();
    expect(witness.node.witness.last()?.size).toBe(40);
  });

  test("shown to two agencies are found when they compare, and proven to a third by one file", async () => {
    const log = await createTestLog(exchange, 21);
    const other = Object.assign(log.fork(12), { size: 34 });
    await using albanian = await open("AL-SPOC", log);
    await using serbian = await open("RS-SPOC", other);
    for (const { node } of [albanian, serbian]) await node.witness.cosignNewest();
    const notes = [albanian, serbian].map(({ node }) => node.witness.last()?.note ?? new Uint8Array());
    const [one = new Uint8Array(), two = new Uint8Array()] = notes;
    // The larger tree's tiles are those that its witness can ask for.
    const compared = await serbian.node.witness.compare(one, two);
    if (compared.kind !== "forked") throw new Error(compared.kind);
    await using third = await open("AL-CUSTOMS", undefined);
    const keys = await Promise.all(third.node.witness.listLogKeys().map(createVerifier));
    expect(await verifyFork(compared.proof, () => keys)).toMatchObject({
      first: { size: 21 },
      second: { size: 34 },
    });
    expect(await codeOf(albanian.node.witness.compare(one, two))).toMatch(/^tlog\//);
    log.size = 30;
    await albanian.node.witness.cosignNewest();
    expect(await albanian.node.witness.compare(one, one)).toEqual({ kind: "same" });
    const newer = albanian.node.witness.last()?.note ?? one;
    expect(await albanian.node.witness.compare(newer, one)).toEqual({ kind: "extends" });
    const keysOf = (size: number) => (size < 34 ? third.node.witness.listLogKeys() : []);
    const withdrawn = compareCheckpoints(parseNote(one), parseNote(two), keysOf, () => Promise.reject());
    expect(await codeOf(withdrawn)).toBe("tlog/note-unsigned");
    const foreign = await signAs("RS-SPOC", await log.sign());
    expect(await codeOf(albanian.node.witness.compare(one, encodeNote(foreign)))).toBe("tlog/note-unsigned");
  });
});

describe("a log that offers nothing larger", () => {
  const start = async (size: number) => {
    const log = await createTestLog(exchange, size);
    const witness = await open("AL-SPOC", log);
    await witness.node.witness.cosignNewest();
    return { log, witness, own: witness.node.witness };
  };
  /** The same log, but for what it says is to be cosigned by whoever has seen nothing. */
  const offering = (log: TestLog, request: Uint8Array | undefined): TestLog => ({
    ...log,
    answer(question) {
      if (!new TextDecoder().decode(question).includes('"old":0')) return log.answer(question);
      const text = request ? new TextDecoder().decode(request) : null;
      return Promise.resolve(encodeLogAnswer("add-checkpoint", { request: text }));
    },
  });

  test("and has lost its end was rolled back, until it is whole again", async () => {
    const { log, witness, own } = await start(16);
    await using _ended = witness;
    const other = Object.assign(log.fork(7), { size: 14, withholdsTiles: true });
    for (const lost of [other, offering(log, undefined)]) {
      witness.ask(lost);
      // Once may be an instance that is behind.
      expect(await own.cosignNewest()).toBe("unsettled");
      expect(witness.node.problems().join()).not.toContain("ledger/rolled-back");
      exchange.nowMs += 10_000;
      expect([await own.cosignNewest(), await own.cosignNewest()]).toEqual(["refused", "refused"]);
      expect(witness.node.problems().join()).toContain("ledger/rolled-back");
      const told = witness.events.events.filter(({ kind }) => kind === "checkpoint.refused");
      expect(told.at(-1)).toMatchObject({ code: "ledger/rolled-back" });
      witness.ask(log);
      expect(await own.cosignNewest()).toBe("nothing-new");
      expect(witness.node.problems().join()).not.toContain("ledger/rolled-back");
    }
    expect([own.last()?.size, await own.listForks()]).toEqual([16, []]);
    exchange.nowMs = NOW * 1_000;
  });

  test("and has an older one cosigned has lost nothing while it shows the newer", async () => {
    const { log, witness, own } = await start(16);
    await using _ended = witness;
    witness.ask(offering(log, await log.request(0, 12)));
    expect(await own.cosignNewest()).toBe("nothing-new");
  });

  test("and serves what its key did not sign is refused", async () => {
    const { log, witness, own } = await start(16);
    await using _ended = witness;
    const note = await signAs("RS-SPOC", await log.sign());
    witness.ask(offering(log, encodeAddCheckpoint({ oldSize: 0, hashes: [], note })));
    expect(await own.cosignNewest()).toBe("refused");
    expect(witness.node.problems().join()).toContain("tlog/note-unsigned");
  });
});

/** The same text, signed by somebody else under the log's name. */
async function signAs(agency: AgencyName, { text }: Note): Promise<Note> {
  const key = await loadCosigningKey(join(exchange.dir, "agencies", agency));
  if (!key) throw new Error("no key");
  const signer = await createSigner(text.split("\n")[0] ?? "", "ed25519", key);
  return { text, signatures: [await signNote(text, signer)] };
}

describe("add-checkpoint, from whoever asks", () => {
  test("is answered as C2SP tlog-witness says", async () => {
    const log = await createTestLog(exchange, 40);
    await using witness = await open("RS-FIU", undefined);
    const post = async (body: Uint8Array) => {
      const { status, contentType } = await witness.node.witness.addCheckpoint(body);
      return `${status} ${contentType}`;
    };
    const text = "text/plain; charset=utf-8";
    expect(await post(await log.request(0, 9))).toBe(`200 ${text}`);
    expect(await post(await log.request(9, 9))).toBe(`200 ${text}`);
    expect(await post(await log.request(0, 30))).toBe("409 text/x.tlog.size");
    expect(await post(await log.request(9, 30))).toBe(`200 ${text}`);
    expect(await post(await log.request(9, 20))).toBe("409 text/x.tlog.size");
    const note = await log.sign(40);
    expect(await post(encodeAddCheckpoint({ oldSize: 30, hashes: [], note }))).toBe(`422 ${text}`);
    expect(await post(encodeAddCheckpoint({ oldSize: 41, hashes: [], note }))).toBe(`400 ${text}`);
    const strange = await signAs("AL-SPOC", note);
    expect(await post(encodeAddCheckpoint({ oldSize: 30, hashes: [], note: strange }))).toBe(`403 ${text}`);
    const elsewhere = await signAs("AL-SPOC", {
      text: note.text.replace("/ledger", "/other"),
      signatures: [],
    });
    expect(await post(encodeAddCheckpoint({ oldSize: 30, hashes: [], note: elsewhere }))).toBe(`404 ${text}`);
    const none = await signAs("AL-SPOC", { text: "nothing\n", signatures: [] });
    expect(await post(encodeAddCheckpoint({ oldSize: 30, hashes: [], note: none }))).toBe(`400 ${text}`);
    for (const body of ["", "old 3", "old x\n\n"]) expect(await post(encodeUtf8(body))).toBe(`400 ${text}`);
    expect(witness.node.witness.last()?.size).toBe(30);
  });

  test("says the time of a tree never before that of the last one", async () => {
    const log = await createTestLog(exchange, 9);
    await using witness = await open("RS-SPOC", log);
    await witness.node.witness.cosignNewest();
    exchange.nowMs -= 60_000;
    log.size = 12;
    await witness.node.witness.cosignNewest();
    exchange.nowMs = NOW * 1_000;
    expect(witness.node.witness.last()).toMatchObject({ size: 12, at: NOW });
  });
});
