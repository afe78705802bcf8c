import { encodeUtf8, openDecision, presentNotices, presentToSender, toDigest } from "@leix/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { alterPayload, findRecord, forgeDecision, forgeFlood, readPayload } from "./forge.testkit.ts";
import { judgeNotice, type NoticeVerdict } from "./judge-notice.ts";
import { createRequest, openTestParty, type TestParty, toAgencies } from "./party.testkit.ts";
import type { InboxDelivery } from "./ports.ts";

vi.setConfig(PATIENCE);

const DAY_MS = 86_400_000;

let exchange: TestExchange;
let fiu: TestParty;
/** Its answer is overdue, and it is told so. */
let notice: InboxDelivery;
/** What the single point of contact of the same country is told of it. */
let foreign: InboxDelivery;
let requestId: string;

beforeAll(async () => {
  exchange = await createTestExchange();
  fiu = await openTestParty(exchange, "RS-FIU");
  using sender = await openTestParty(exchange, "AL-CUSTOMS");
  const { id, envelope } = await sender.append(createRequest(["RS-FIU"]));
  requestId = id;
  await exchange.publish("AL-CUSTOMS", envelope);
  exchange.nowMs += 30 * DAY_MS;
  await exchange.tick();
  const [own, others] = [fiu.post, exchange.connect("RS-SPOC")].map(({ inbox }) => inbox.takeAll().at(-1));
  if (!own || !others) throw new Error("nobody was told");
  [notice, foreign] = [own, others];
});
afterAll(async () => {
  fiu[Symbol.dispose]();
  await exchange[Symbol.asyncDispose]();
});

const judge = ({ payload }: InboxDelivery): Promise<NoticeVerdict> => judgeNotice(payload, fiu);

test("a notice as the exchange gives it is believed, and shows its place in the ledger", async () => {
  expect([notice.kind, foreign.kind]).toEqual(["notice", "notice"]);
  expect(await judge(notice)).toMatchObject({
    kind: "told",
    notices: [{ to: "RS-FIU", by: "RS-FIU", rule: "P08", notice: "overdue", about: { id: requestId } }],
    sighting: { index: exchange.records.length - 1 },
  });
});

describe("a notice is refused that is", () => {
  const ofMessage = () => findRecord(exchange, requestId).decision;

  test.each<[string, () => InboxDelivery | Promise<InboxDelivery>, string]>([
    ["no JSON", () => ({ ...notice, payload: encodeUtf8("{") }), "input/not-json"],
    ["something else beside", () => alterPayload(notice, { more: 1 }), "input/schema"],
    ["another agency's", () => foreign, "decision/other-message"],
    [
      "bare of what it tells",
      () => alterPayload(notice, { decision: `${readPayload(notice).decision.split("~")[0]}~` }),
      "decision/other-message",
    ],
    [
      "a decision that tells more than it may",
      () => alterPayload(notice, { decision: presentToSender(ofMessage()) }),
      "decision/other-message",
    ],
    [
      "a proposal to another agency",
      async () => {
        const input = { sequence: 7, digest: toDigest("garbage"), code: "input/not-json" } as const;
        const to = { suspend: "AL-CUSTOMS", to: "AL-SPOC" };
        return alterPayload(notice, { decision: await forgeFlood(exchange, "AL-CUSTOMS", [input], to) });
      },
      "decision/other-message",
    ],
    [
      "a decision that tells this agency nothing",
      () => alterPayload(notice, { decision: presentNotices(ofMessage(), toAgencies("RS-FIU")[0] as never) }),
      "decision/other-message",
    ],
    [
      "signed by anyone else",
      async () => {
        const key = fiu.identity.signingKey;
        const forged = await forgeDecision(exchange, findRecord(exchange, requestId), { key });
        return alterPayload(notice, { decision: presentToSender(openDecision(forged)) });
      },
      "identity/issuer-not-account",
    ],
    [
      "altered in what it tells",
      () => {
        const [token = "", disclosure = ""] = readPayload(notice).decision.split("~");
        const text = Buffer.from(disclosure, "base64url").toString().replace("RS-FIU", "AL-SPOC");
        return alterPayload(notice, { decision: `${token}~${Buffer.from(text).toString("base64url")}~` });
      },
      "decision/disclosure",
    ],
  ])("%s", async (_name, make, code) => {
    expect(await judge(await make())).toMatchObject({ kind: "refused", code });
  });
});
