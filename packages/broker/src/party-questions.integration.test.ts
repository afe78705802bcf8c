import { startTestBroker, type TestBroker, type TestConnection } from "@leix/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answerParties, hearQuestions } from "./party-questions.ts";
import { requestLog } from "./party-requests.ts";

let broker: TestBroker;
let flooding: TestConnection;
let other: TestConnection;
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC", "RS-SPOC"] });
  [flooding, other] = await Promise.all([broker.connectParty("AL-SPOC"), broker.connectParty("RS-SPOC")]);
});
afterAll(() => broker[Symbol.asyncDispose]());

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (data: Uint8Array) => new TextDecoder().decode(data);
const onError = (error: unknown): void => {
  throw error;
};

it("a party that asks at full speed keeps no other waiting, and is told when it has too many", async () => {
  await using service = await broker.connect("ledger");
  const controller = new AbortController();
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const handle = async (_: unknown, question: Uint8Array): Promise<Uint8Array> => {
    begun.push(decode(question));
    // Nothing of the one that floods is answered before the other has its answer.
    if (decode(question) !== "other") await gate.promise;
    return question;
  };
  const options = { signal: controller.signal, onError, busy: encode("busy") };
  const serving = answerParties(service, "leix.log", handle, options);
  await service.flush();
  const asked = Array.from({ length: 100 }, (_, i) => requestLog(flooding, encode(`flood ${i}`)));
  await flooding.flush();
  expect(decode(await requestLog(other, encode("other")))).toBe("other");
  expect(begun.filter((question) => question !== "other").length).toBeLessThanOrEqual(2);
  gate.resolve();
  const answers = (await Promise.all(asked)).map(decode);
  const answered = answers.filter((answer) => answer !== "busy");
  expect(answered).toEqual(Array.from({ length: answered.length }, (_, i) => `flood ${i}`));
  expect(answered.length).toBeGreaterThanOrEqual(64);
  expect(answered.length).toBeLessThan(100);
  controller.abort();
  await serving;
});

it("every instance hears what one of them answers", async () => {
  await using one = await broker.connect("ledger");
  await using two = await broker.connect("ledger");
  const controller = new AbortController();
  const heard = [one, two].map(() => Promise.withResolvers<string>());
  const { account } = broker.party("RS-SPOC");
  const options = { signal: controller.signal, onError };
  const serving = [one, two].flatMap((nc, nth) => [
    answerParties(nc, "leix.log", async () => encode(`from ${nth}`), options),
    hearQuestions(
      nc,
      "leix.log",
      async (asker, question) => heard[nth]?.resolve(`${asker} asks ${decode(question)}`),
      options,
    ),
  ]);
  await Promise.all([one.flush(), two.flush()]);
  expect(decode(await requestLog(other, encode("what?")))).toMatch(/^from [01]$/);
  const texts = await Promise.all(heard.map(({ promise }) => promise));
  expect(texts).toEqual([`${account} asks what?`, `${account} asks what?`]);
  controller.abort();
  await Promise.all(serving);
});
