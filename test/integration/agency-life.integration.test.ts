import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDesk, type SentMessage } from "@leix/client";
import { CLAIMS_TYP, type KeyId, limits, type MessageRef, parseJws } from "@leix/protocol";
import { connectAs, createPlan, PARTY_FILES, type PartyFile } from "@leix/runtime";
import {
  checkExactlyOnce,
  createAnswer,
  createRequest,
  type ExchangeNode,
  type LeixEnd,
  runLeix,
  startLeix,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const AGENCY = "AL-CUSTOMS";
const TEXT = "Who owns the lorry?";

let exchange: TestExchange;
/** The agency's own machine: nothing of the exchange's folder is on it. */
let machine: string;
let traffic: Traffic;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({
      countries: ["AL", "RS"],
      agencies: [
        { id: "AL-SPOC", type: "police", role: "spoc" },
        { id: "RS-SPOC", type: "police", role: "spoc" },
        { id: "RS-FIU", type: "fiu", role: "designated" },
      ],
    }),
    services: ["policy", "policy", "registry", "ledger"],
    agencies: ["AL-SPOC", "RS-SPOC", "RS-FIU"],
  });
  machine = join(exchange.dir, "..", "al-customs");
  traffic = startTraffic(exchange.node("RS-FIU"));
});
afterAll(async () => {
  await traffic?.stop();
  await exchange?.[Symbol.asyncDispose]();
});

/** What the others say to each other all the while. */
interface Traffic {
  readonly refs: readonly MessageRef[];
  stop(): Promise<void>;
}

function startTraffic(sender: ExchangeNode): Traffic {
  const refs: MessageRef[] = [];
  let isStopping = false;
  const sending = (async () => {
    while (!isStopping) refs.push((await sender.send(createRequest(["AL-SPOC"], TEXT))).ref);
  })();
  return {
    refs,
    async stop() {
      isStopping = true;
      await sending;
    },
  };
}

const onExchange = (...words: readonly string[]): Promise<LeixEnd> => runLeix(exchange, words);
const onMachine = (...words: readonly string[]): Promise<LeixEnd> =>
  runLeix({ dir: machine, broker: exchange.broker }, words);
const file = (name: string): string => join(exchange.dir, "..", name);
const folder = (): string => join(machine, "agencies", AGENCY);

async function succeed(running: Promise<LeixEnd>): Promise<LeixEnd> {
  const end = await running;
  expect(end, `${end.stdout}${end.stderr}`).toMatchObject({ exitCode: 0 });
  return end;
}

/** From now on it is one of the exchange's parties that the test can ask for. */
async function adopt(): Promise<void> {
  const party = JSON.parse(await readFile(join(folder(), PARTY_FILES.party), "utf8")) as PartyFile;
  const place = { id: party.id, kind: "agency", folder: `../al-customs/agencies/${AGENCY}` } as const;
  exchange.network.parties.push({ ...place, ...(party.account ? { account: party.account } : {}) });
}

/** The key that a message was signed with. */
function kidOf(agency: string, { ref }: SentMessage): KeyId {
  const [held] = exchange
    .node(agency)
    .node.archive.listHeld(1, 100_000)
    .filter(({ digest }) => digest === ref.digest);
  return parseJws(held?.token ?? "", CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).header.kid;
}

/** A question and its answer, both delivered and readable. */
async function exchangeWith(partner: string): Promise<{ request: SentMessage; answer: SentMessage }> {
  const [own, other] = [exchange.node(AGENCY), exchange.node(partner)];
  const request = await own.send(createRequest([partner], TEXT));
  expect(request.status).toBe("permitted");
  await other.untilReceived(request.ref);
  expect(await other.readText(request.ref)).toBe(TEXT);
  const answer = await other.send(createAnswer(request.ref, "A company."));
  expect(answer.status).toBe("permitted");
  await own.untilReceived(answer.ref);
  expect(await own.readText(answer.ref)).toBe("A company.");
  return { request, answer };
}

/** One try, as the agency. */
const connectOnce = () =>
  connectAs(exchange.dir, exchange.network, AGENCY, {
    natsUrl: exchange.broker.natsUrl,
    firstConnectWaitMs: 0,
  });

const seconds = (fromMs: number, toMs: number): string => ((toMs - fromMs) / 1_000).toFixed(1);
const told: string[] = [];

/** What the parts below leave to the next: they are one life, in order. */
let oldest: { request: SentMessage; answer: SentMessage };

test("it enrols while messages flow, and its first message is delivered", async () => {
  const invite = ["authority", "invite", AGENCY, "--out", file("invitation.json")];
  const described = ["--name", "Albania, customs", "--type", "customs", "--role", "designated"];
  await succeed(onExchange(...invite, ...described, "--clearance", "restricted"));
  const init = ["agency", "init", "--invitation", file("invitation.json"), "--out", file("request.json")];
  await succeed(onMachine(...init, "--anchor", exchange.network.anchorKey));
  const shown = await succeed(onExchange("authority", "approve", file("request.json")));
  expect(shown.stdout).toContain("Nothing is signed.");
  const approve = ["authority", "approve", file("request.json"), "--out", file("approval.json")];
  const signed = await succeed(onExchange(...approve, "--offline"));
  expect(signed.stdout).toMatch(/AL-CUSTOMS, version 1: signed\.\nclearance AL-CUSTOMS, version 1: signed\./);
  const early = await onMachine("agency", "join", file("approval.json"), "--wait", "0");
  expect(early.exitCode).toBe(1);
  expect(/\[([a-z/-]+)\]\n$/.exec(early.stderr)?.[1]).toBe("enrolment/not-recorded");
  const published = await succeed(onExchange("authority", "publish", "--as", "AL"));
  expect(published.stdout).toMatch(
    /AL-CUSTOMS, version 1: recorded .*\nclearance AL-CUSTOMS, version 1: rec/,
  );
  const approvedAt = performance.now();
  await succeed(onMachine("agency", "join", file("approval.json")));
  await adopt();
  await exchange.startNode(AGENCY);
  const first = await exchange.node(AGENCY).send(createRequest(["RS-FIU"], TEXT));
  await exchange.node("RS-FIU").untilReceived(first.ref);
  told.push(`approval to first message delivered: ${seconds(approvedAt, performance.now())} s`);
  expect(first.status).toBe("permitted");
  oldest = await exchangeWith("RS-FIU");
});

test("its node runs on its own machine by one command, and ends in order", async () => {
  await exchange.stopNode(AGENCY);
  const place = { dir: machine, broker: exchange.broker };
  await using running = await startLeix(place, ["agency", "run", "--as", AGENCY], file("run.log"));
  const log = join(machine, "log", `${AGENCY}.log`);
  await waitUntil("the node to run", async () => {
    return (await readFile(log, "utf8").catch(() => "")).includes('"event":"agency.started"');
  });
  expect(await running.stop()).toBe(0);
  await exchange.startNode(AGENCY);
});

test("it replaces its keys, used once they are registered; old texts stay readable", async () => {
  const before = kidOf(AGENCY, oldest.request);
  const rotate = ["agency", "rotate", "--as", AGENCY, "--out", file("rotation.json")];
  await succeed(onMachine(...rotate, "--signing", "Ed25519", "--encryption", "X25519", "--cosigning"));
  const between = await exchange.node(AGENCY).send(createRequest(["RS-FIU"], TEXT));
  expect([between.status, kidOf(AGENCY, between)]).toEqual(["permitted", before]);
  await succeed(onExchange("authority", "approve", file("rotation.json"), "--out", file("rotated.json")));
  await succeed(onMachine("agency", "join", file("rotated.json")));
  const { request } = await exchangeWith("RS-FIU");
  expect(kidOf(AGENCY, request)).not.toBe(before);
  await succeed(onExchange("authority", "withdraw", AGENCY, "--key", before));
  const late = await exchangeWith("RS-FIU");
  expect(kidOf(AGENCY, late.request)).toBe(kidOf(AGENCY, request));
  expect(await exchange.node(AGENCY).readText(oldest.answer.ref)).toBe("A company.");
  expect(await readdir(join(folder(), PARTY_FILES.encryption))).toHaveLength(2);
  // The ledger service takes cosignatures under the newest key alone.
  await exchange.node(AGENCY).node.witness.cosignNewest();
});

test("it replaces the signer of its NATS users, and its live connection goes on", async () => {
  const rotate = ["agency", "rotate", "--as", AGENCY];
  for (const name of ["signer-1.json", "signer-2.json"]) {
    await succeed(onMachine(...rotate, "--account-signer", "--out", file(name)));
    await succeed(onExchange("authority", "approve", file(name), "--out", file(`approved-${name}`)));
    await succeed(onMachine("agency", "join", file(`approved-${name}`)));
  }
  await exchangeWith("RS-FIU");
  await succeed(onMachine(...rotate, "--user"));
  await exchange.stopNode(AGENCY);
  await exchange.startNode(AGENCY);
  await exchangeWith("RS-FIU");
});

test("suspended it is cut off and refused; reinstated, what it had to say is delivered", async () => {
  const node = exchange.node(AGENCY);
  const countDrops = () =>
    node.events.filter((event) => event.kind === "broker.changed" && event.change.kind === "disconnected")
      .length;
  const before = countDrops();
  const statement = node.node.findStatement();
  if (!statement) throw new Error("no statement");
  const { v: _v, aud: _aud, iss: _iss, iat: _iat, version: _version, ...said } = statement;
  await using desk = await openDesk({ folder: exchange.folderOf("AL"), natsUrl: exchange.broker.natsUrl });
  await desk.refresh();
  const signed = await desk.sign({ ...said, status: "suspended" });
  const suspendedAt = performance.now();
  const answer = desk.publish(signed);
  await waitUntil("the connection to drop", () => countDrops() > before);
  told.push(`suspension published to connection dropped: ${seconds(suspendedAt, performance.now())} s`);
  expect(await answer).toMatchObject({ kind: "recorded" });
  await expect(connectOnce()).rejects.toMatchObject({ code: "broker/unreachable" });
  const held = await node.node.send(createRequest(["RS-FIU"], TEXT));
  expect(held.status).toBe("stored");
  const denied = await exchange.node("RS-FIU").send(createRequest([AGENCY], TEXT));
  expect(denied.decision?.recipients).toMatchObject([
    { agency: AGENCY, effect: "deny", reasons: ["P01"] },
    { effect: "permit" },
    { effect: "permit" },
  ]);
  await succeed(onExchange("authority", "reinstate", AGENCY));
  expect(await node.untilDecided(held.ref)).toMatchObject({ status: "permitted" });
  await exchange.node("RS-FIU").untilReceived(held.ref);
  await exchangeWith("RS-FIU");
});

test("nothing was lost or done twice; revoked it is out; a replay finds no difference", async () => {
  await traffic.stop();
  expect(traffic.refs.length).toBeGreaterThan(10);
  expect(await checkExactlyOnce(exchange)).toEqual([]);
  const restarts = exchange.running.services.map(({ restarts }) => restarts);
  expect(restarts).toEqual([0, 0, 0, 0]);
  await succeed(onExchange("authority", "revoke", AGENCY));
  await waitUntil("the account to be closed", async () => {
    return connectOnce().then(
      (nc) => nc.close().then(() => false),
      () => true,
    );
  });
  const { status } = await exchange.node(AGENCY).node.send(createRequest(["RS-FIU"], TEXT));
  expect(status).toBe("stored");
  const { checked, mismatches } = await exchange.audit();
  expect(mismatches).toBe(0);
  expect(checked).toBeGreaterThan(traffic.refs.length);
  process.stdout.write(`${told.join("\n")}\n`);
});
