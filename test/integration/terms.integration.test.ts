import type { SentMessage } from "@leix/client";
import { createPlan, parsePlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createRequest,
  runLeix,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let exchange: TestExchange;
beforeAll(async () => {
  const sample = createPlan({ countries: ["AL", "RS"] });
  exchange = await startTestExchange({
    plan: parsePlan({ ...sample, terms: { pairs: [] } }),
    agencies: ["AL-SPOC", "RS-SPOC"],
  });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const leix = (...words: string[]) => runLeix(exchange, words);
const now = () => Math.floor(Date.now() / 1_000);

/** The same every time: about a person, and classified as it is said. */
async function ask(classification: string): Promise<SentMessage> {
  const suspect = { subjects: [{ category: "suspect" }], basis: "treaty", factual: "fact", asOf: now() };
  const body = {
    ...{ text: "Who is the driver?", personLink: "The driver." },
    ...{ facts: "A lorry was seen.", grounds: "It is registered there.", useRestriction: "With our leave." },
  };
  const about = { personal: suspect, deleteBy: now() + 86_400, classification, body };
  return exchange.node("AL-SPOC").send(createRequest(["RS-SPOC"], "", about));
}

const reasonsOf = ({ decision }: SentMessage) => decision?.recipients.map(({ reasons }) => reasons);
const dutyOf = ({ decision }: SentMessage) =>
  decision?.recipients.flatMap(({ obligations }) => obligations).find(({ duty }) => duty === "answer")?.rule;

interface Shown {
  readonly inForce: { readonly version: number } | null;
  readonly proposals: readonly { readonly by: string; readonly version: number; readonly digest: string }[];
}

async function show(as: string, other: string): Promise<Shown> {
  return (await leix("terms", "show", other, "--as", as, "--json")).json as Shown;
}

async function agree(proposer: string, signer: string): Promise<void> {
  const [proposal] = (await show(signer, proposer)).proposals;
  const signed = await leix("terms", "sign", proposer, "--as", signer, "--digest", proposal?.digest ?? "");
  expect(signed.stdout).toContain("In force:");
}

test("without terms no personal data cross, nor anything that is classified", async () => {
  expect((await show("AL", "RS")).inForce).toBeNull();
  expect(reasonsOf(await ask("restricted"))).toEqual([["P32", "P33"]]);
  expect(reasonsOf(await ask("unclassified"))).toEqual([["P33"]]);
  expect((await leix("terms", "amend", "RS", "--as", "AL", "--ceiling", "secret")).code).toBe(
    "statement/proposal",
  );
});

test("a proposal changes nothing, and only what was read is signed", async () => {
  const content = ["--personal", "treaty", "--ceiling", "restricted", "--profile", "2023"];
  const proposed = await leix("terms", "propose", "RS", "--as", "AL", ...content);
  expect(proposed.stdout).toMatch(/^terms AL\+RS, version 1: recorded at index [0-9]+\.\nProposed: personal/);
  expect(reasonsOf(await ask("unclassified"))).toEqual([["P33"]]);
  const { proposals } = await show("RS", "AL");
  expect(proposals).toMatchObject([{ by: "AL", version: 1 }]);
  expect(proposed.stdout).toContain(`Digest: ${proposals[0]?.digest}`);
  const unread = await leix("terms", "sign", "AL", "--as", "RS", "--digest", "A".repeat(43));
  expect(unread.code).toBe("statement/proposal");
  expect((await show("RS", "AL")).proposals).toHaveLength(1);
});

test("with both signatures it is in force: personal data, the ceiling and the deadlines follow", async () => {
  await agree("AL", "RS");
  expect(await show("AL", "RS")).toMatchObject({ inForce: { version: 1 }, proposals: [] });
  const sent = await ask("restricted");
  expect([sent.status, dutyOf(sent)]).toEqual(["permitted", "P08"]);
  expect(reasonsOf(await ask("confidential"))).toEqual([["P32"]]);
});

test("an amendment by the other side changes what it says, when both have signed it", async () => {
  await leix("terms", "amend", "AL", "--as", "RS", "--ceiling", "confidential", "--profile", "2006");
  expect(reasonsOf(await ask("confidential"))).toEqual([["P32"]]);
  await agree("RS", "AL");
  const sent = await ask("confidential");
  expect([sent.status, dutyOf(sent)]).toEqual(["permitted", "P09"]);
});

test("one side ends them alone, and new ones can be agreed", async () => {
  const ended = await leix("terms", "end", "AL", "--as", "RS", "--json");
  expect(ended.json).toMatchObject({ statements: [{ version: 3, result: "recorded" }] });
  expect(reasonsOf(await ask("confidential"))).toEqual([["P32", "P33"]]);
  expect((await leix("terms", "end", "RS", "--as", "AL")).code).toBe("statement/proposal");
  await leix("terms", "propose", "RS", "--as", "AL", "--personal", "treaty");
  await agree("AL", "RS");
  expect((await ask("unclassified")).status).toBe("permitted");
});

test("all of it is decided again the same", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
