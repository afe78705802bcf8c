import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sendMessage } from "@leix/broker";
import type { MessageRef } from "@leix/protocol";
import { createPlan, loadPartyFolder, type NetworkPlan, rotateUser } from "@leix/runtime";
import {
  createAnswer,
  type Forge,
  type Forged,
  OFFICER,
  openForge,
  type PartyWire,
  runLeix,
  startTestExchange,
  type TestExchange,
  toDraft,
  toNow,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

/**
 * Albania's customs loses its key to sign. With North Macedonia Albania holds an exercise, in which what is
 * recalled is to be answered in seconds.
 */
const VICTIM = "AL-CUSTOMS";
const HOLDER = "MK-BORDER";
const SILENT = "MK-SPOC";
const SPOC = "AL-SPOC";

let exchange: TestExchange;
let forge: Forge;
let thief: PartyWire;
let kid: string;
let stolen: Forged;
let derived: MessageRef;
const began = toNow();

beforeAll(async () => {
  exchange = await startTestExchange({ plan: toPlan(), agencies: [HOLDER, SILENT, SPOC] });
  forge = await openForge(exchange);
  thief = await exchange.wire(VICTIM);
  kid = (await forge.signingKey(VICTIM)).kid;
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

function toPlan(): NetworkPlan {
  const agencies = [
    { id: SPOC, type: "police", role: "spoc" },
    { id: SILENT, type: "police", role: "spoc" },
    { id: VICTIM, type: "customs", role: "designated" },
    { id: HOLDER, type: "border", role: "designated" },
  ];
  return createPlan({ countries: ["AL", "MK"], agencies, profile: "exercise" });
}

interface Standing {
  readonly agency: string;
  readonly state: string;
  readonly held: MessageRef;
  readonly answer?: { readonly word: string };
}

interface Report {
  readonly owner: { readonly agency: string; readonly use: string };
  readonly statements: readonly { readonly index: number }[];
  readonly signed: readonly {
    readonly ref: MessageRef;
    readonly outcome: string;
    readonly recipients: object[];
  }[];
  readonly derived: readonly { readonly ref: MessageRef; readonly from: readonly MessageRef[] }[];
}

const compromised = (...words: string[]) => runLeix(exchange, ["authority", "compromised", ...words]);
const since = () => new Date(began * 1_000).toISOString();
const listRecalls = (agency: string) =>
  exchange
    .node(agency)
    .node.archive.listDuties()
    .filter(({ duty }) => duty === "recall");

test("a thief sends with the key, and others act on it", async () => {
  stolen = await forge.message(VICTIM, [HOLDER], { text: "Who keeps the lorry?" });
  await thief.publish(stolen.bytes);
  expect((await thief.untilAnswered(stolen.id)).kind).toBe("decision");
  await exchange.node(HOLDER).untilReceived(stolen.ref);
  const answer = createAnswer(stolen.ref, "Nobody.", { derivedFrom: [stolen.ref] });
  const sent = await exchange.node(HOLDER).send(answer);
  expect(sent.status).toBe("permitted");
  derived = sent.ref;
  for (const agency of [SPOC, SILENT]) await exchange.node(agency).untilReceived(derived);
});

test("the report lists what the key has touched, before anything is said of it", async () => {
  const { json, exitCode } = await compromised(kid, "--since", since(), "--report-only", "--json");
  const report = json as Report;
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ owner: { agency: VICTIM, use: "sig" }, statements: [] });
  expect(report.signed.map(({ ref, outcome }) => [ref.id, outcome])).toEqual([[stolen.id, "permitted"]]);
  expect(report.signed[0]?.recipients).toMatchObject([
    { agency: HOLDER, effect: "permit", said: [{ word: "received" }], recalls: [] },
    { agency: SPOC, effect: "permit" },
    { agency: SILENT, effect: "permit" },
  ]);
  expect(report.derived.map(({ ref, from }) => [ref.id, from.map(({ id }) => id)])).toEqual([
    [derived.id, [stolen.id]],
  ]);
});

test("a key that is nobody's, and an agency whose key it is not, are refused", async () => {
  const strange = `${kid.slice(0, 40)}AAA`.replace(/.$/, "A");
  expect(await compromised(strange, "--since", "1h")).toMatchObject({
    exitCode: 1,
    code: "statement/subject",
  });
  const words = [kid, "--since", "1h", "--party", SPOC];
  expect(await compromised(...words)).toMatchObject({ exitCode: 1, code: "statement/subject" });
  expect(await compromised(...words, "--report-only")).toMatchObject({ code: "statement/subject" });
  expect(await compromised(kid)).toMatchObject({ exitCode: 1, code: "command/arguments" });
});

test("the authority withdraws the key: everyone that holds what it touched is told", async () => {
  const file = join(exchange.dir, "report.json");
  const words = [kid, "--since", since(), "--party", VICTIM, "--report", file];
  const { exitCode, stdout } = await compromised(...words);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining("recorded at index")]);
  expect(stdout).toMatch(/Signed with it since then: 1\n[\s\S]*Derived from what was signed with it: 1\n/);
  const report = JSON.parse(await readFile(file, "utf8")) as Report;
  expect(report.statements).toHaveLength(1);
  for (const [agency, held] of [
    [HOLDER, [stolen.id]],
    [SILENT, [stolen.id, derived.id]],
    [SPOC, [stolen.id, derived.id]],
  ] as const) {
    await waitUntil(`${agency} to be told`, () => listRecalls(agency).length === held.length);
    const found = listRecalls(agency).map(({ subject, by, state }) => [subject.id, by, state]);
    expect(new Set(found.map(String))).toEqual(new Set(held.map((id) => String([id, VICTIM, "open"]))));
  }
});

test("an officer sees it, and answers with a word or with a review", async () => {
  await exchange.stopNode(HOLDER);
  const duties = await runLeix(exchange, ["duties", "--as", HOLDER, "--offline"]);
  expect(duties.stdout).toContain("it was signed with a key in wrong hands");
  const inbox = await runLeix(exchange, ["inbox", "--as", HOLDER, "--offline"]);
  expect(inbox.stdout).toMatch(new RegExp(`${stolen.id} .*recalled`));
  const word = await runLeix(exchange, ["acknowledge", stolen.id, "erased", "--as", HOLDER, "--json"]);
  expect(word.exitCode).toBe(0);
  const marked = { purpose: "investigation", handling: "H0", classification: "unclassified" };
  for (const re of [stolen.ref, derived]) {
    const review = {
      kind: "review",
      to: [SILENT],
      re,
      officer: OFFICER,
      body: { text: "Not used." },
      ...marked,
    };
    expect((await exchange.node(SPOC).send(toDraft(review))).status).toBe("permitted");
  }
  expect(listRecalls(SPOC).map(({ state }) => state)).toEqual(["done", "done"]);
});

test("who says nothing is late, and both sides are told; the status says all of it", async () => {
  for (const agency of [SPOC, SILENT]) {
    const isTold = () => {
      const told = exchange.node(agency).node.archive.listNotices();
      return told.some(({ notice }) => notice.notice === "overdue" && notice.by === SILENT);
    };
    await waitUntil(`${agency} to be told who is late`, isTold);
  }
  const { json } = await compromised("--status", "--party", VICTIM, "--json");
  const states = (json as Standing[]).map(({ agency, state, held }) => `${agency} ${held.id} ${state}`);
  expect(new Set(states)).toEqual(
    new Set([
      `${HOLDER} ${stolen.id} acknowledged`,
      `${SPOC} ${stolen.id} acknowledged`,
      `${SPOC} ${derived.id} acknowledged`,
      `${SILENT} ${stolen.id} overdue`,
      `${SILENT} ${derived.id} overdue`,
      // What the other side answered lies with the victim too, which has three days: there is no border.
      `${VICTIM} ${derived.id} open`,
    ]),
  );
  const found = await runLeix(exchange, ["audit", "search", "--outcome", "recalled", "--json"]);
  expect(found.json).toMatchObject({ kind: "event", outcome: "recalled", rules: ["P30"] });
  const text = await compromised("--status");
  expect(text.stdout).toMatch(
    /^MK-SPOC +OVERDUE since [\s\S]*Recalls: 3 acknowledged, 1 open, 2 overdue\.\n$/,
  );
});

test("the thief's next message is refused, and an auditor finds nothing wrong", async () => {
  const before = (await exchange.records()).length;
  // The agency's users that were there are cut off as well: it makes a new one, and so may a thief.
  await rotateUser(await loadPartyFolder(exchange.folderOf(VICTIM)), new Date());
  const next = await forge.message(VICTIM, [SILENT], { text: "Once more." });
  await exchange.as(VICTIM, (nc) => sendMessage(nc, next.bytes));
  const { decision } = await waitUntil("the answer to the thief", async () => {
    return (await exchange.records(before)).find((one) => one.decision.content.input.digest === next.raw);
  });
  expect(decision.content).toMatchObject({ kind: "rejection", code: "jws/key-not-valid" });
  // Its next statement leaves the key out: who lists a withdrawn key again is refused.
  const suspended = await runLeix(exchange, ["authority", "suspend", VICTIM, "--json"]);
  expect(suspended.json).toMatchObject({ statements: [{ kind: "agency", result: "recorded" }] });
  const replay = await exchange.audit();
  expect(replay.differences).toEqual([]);
});
