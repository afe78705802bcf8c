import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AgencyId,
  type Claims,
  decodeForm,
  decryptBody,
  type MessageId,
  parseEnvelope,
  parseJws,
} from "@leix/protocol";
import { loadDecryptionKeys, PARTY_FILES } from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Draft } from "./draft.ts";
import { createTestExchange, NOW, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import {
  createRequest,
  OFFICER,
  openTestParty,
  REQUEST_WORDS,
  type TestParty,
  toAgencies,
} from "./party.testkit.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
let sender: TestParty;
beforeAll(async () => {
  exchange = await createTestExchange();
  sender = await openTestParty(exchange, "AL-CUSTOMS");
});
afterAll(async () => {
  sender[Symbol.dispose]();
  await exchange[Symbol.asyncDispose]();
});

/** Composed, signed, and as it would travel. */
async function send(draft: Draft) {
  const { envelope, token } = await sender.append(draft);
  const { body } = parseEnvelope(envelope) as { body?: Parameters<typeof decryptBody>[0] };
  const claims = parseJws(token, "leix-message+jwt", 40_000).payload as Claims;
  return { envelope, claims, body };
}

describe("what the node fills in", () => {
  test("everything that an officer does not state", async () => {
    const { claims } = await send(createRequest(["RS-FIU"], { copies: toAgencies("RS-SPOC") }));
    expect(claims).toMatchObject({
      v: 1,
      aud: "demo.leix.example",
      iss: "AL-CUSTOMS",
      iat: NOW,
      to: ["RS-FIU"],
      copies: ["RS-SPOC", "AL-SPOC"],
      purpose: "investigation",
    });
    expect(claims.thread).toBe(claims.id);
    expect(claims.id.slice(0, 13).replace("-", "")).toBe((NOW * 1000).toString(16).padStart(12, "0"));
  });

  test("the officer's pseudonym, which the agency's own key resolves", async () => {
    const { claims } = await send(createRequest(["RS-FIU"]));
    const text = await readFile(join(sender.folder, PARTY_FILES.officers), "utf8");
    const code = createHmac("sha256", Buffer.from(text.trim(), "base64url")).update("A. Hoxha").digest();
    expect(claims.officer).toEqual({ id: code.subarray(0, 16).toString("base64url"), role: "officer" });
    expect(JSON.stringify(claims)).not.toContain("Hoxha");
  });

  test("the same pseudonym however the name's characters are composed", async () => {
    const [one, other] = await Promise.all(
      ["É. Dupont", "E\u0301. Dupont"].map((name) =>
        send(createRequest(["RS-FIU"], { officer: { ...OFFICER, name } })),
      ),
    );
    expect(one?.claims.officer).toEqual(other?.claims.officer);
  });

  test("the thread of the message it refers to", async () => {
    const { claims: first } = await send(createRequest(["RS-FIU"]));
    const sent = sender.store.outbox.get(first.id);
    const re = { iss: first.iss, id: first.id, digest: sent?.digest ?? ("" as never) };
    const { claims } = await send(createRequest(["RS-FIU"], { re }));
    expect(claims.thread).toBe(first.id);
  });

  test("that the body has texts which nobody but its readers can see", async () => {
    const body = { text: "t", facts: "f", strictNecessity: "n", justification: "j" };
    const draft = { ...createRequest(["RS-FIU"], { declares: { urgencyReason: true } }), body } as Draft;
    expect((await send(draft)).claims).toHaveProperty("declares", {
      ...{ facts: true, strictNecessity: true, justification: true, urgencyReason: true },
    });
    const silent = { ...createRequest(["RS-FIU"]), body: { text: "t" } } as Draft;
    expect((await send(silent)).claims).not.toHaveProperty("declares");
  });

  test("a body that each recipient can read, and the exchange accepts", async () => {
    const draft = createRequest(["RS-FIU", "RS-SPOC"], { copies: toAgencies("AL-SPOC") });
    const { claims, body, envelope } = await send(draft);
    const binding = claims.body;
    if (!binding || !body) throw new Error("no body");
    expect(body.recipients).toHaveLength(3);
    for (const agency of ["RS-FIU", "RS-SPOC", "AL-SPOC"]) {
      const keys = await loadDecryptionKeys(join(exchange.dir, "agencies", agency));
      const form = decodeForm(await decryptBody(body, binding, keys), "request");
      expect(form).toEqual({ v: 1, form: "request", text: "Who owns the lorry?", ...REQUEST_WORDS });
    }
    const decided = await exchange.publish("AL-CUSTOMS", envelope);
    expect(decided).toMatchObject({
      kind: "record",
      entry: { kind: "message", verdict: { outcome: "permitted" } },
    });
  });

  test("nothing where there are no words", async () => {
    const { body: _body, ...bodyless } = createRequest(["RS-FIU"]);
    const { claims, body } = await send(bodyless);
    expect([claims.body, body]).toEqual([undefined, undefined]);
  });
});

describe("what is refused before anything is stored", () => {
  const unknown = {
    iss: "RS-FIU" as AgencyId,
    id: "01a3185c-5000-7d54-8051-dd0338f89b87" as MessageId,
    digest: "A".repeat(43) as never,
  };
  const tooMany = Array.from({ length: 63 }, (_, i) => `RS-A${i}` as AgencyId);

  test.each<[string, () => Draft, string, RegExp?]>([
    ["nobody to send it to", () => createRequest([]), "claims/recipients"],
    [
      "a recipient twice",
      () => createRequest(["RS-FIU"], { copies: toAgencies("RS-FIU") }),
      "claims/recipients",
    ],
    ["the sender itself", () => createRequest(["AL-CUSTOMS"]), "claims/recipients"],
    [
      "more recipients than there may be, with the copies that it owes",
      () => createRequest([], { to: tooMany }),
      "claims/recipients",
      /65 of at most 64/,
    ],
    [
      "a recipient that is not registered",
      () => createRequest([], { to: ["RS-NOBODY" as AgencyId] }),
      "client/recipient-unusable",
      /RS-NOBODY/,
    ],
    [
      "a recipient that is no agency's id",
      () => createRequest([], { to: ["RS"] }),
      "client/recipient-unusable",
      /RS is no agency's id/,
    ],
    [
      "a reference to what this agency never held",
      () => createRequest(["RS-FIU"], { re: unknown }),
      "client/not-found",
    ],
    [
      "a longer text than its form has room for",
      () => createRequest(["RS-FIU"], { body: { text: "x".repeat(200_001) } }),
      "input/too-large",
      /text: above the limit of 200000/,
    ],
    [
      "a text that is too large when it is encrypted",
      () =>
        createRequest(["RS-FIU"], {
          body: { text: "€".repeat(200_000), persons: Array(100).fill("€".repeat(1_000)) },
        }),
      "input/too-large",
      /bytes, encrypted/,
    ],
    [
      "a field that its form does not have",
      () => createRequest(["RS-FIU"], { body: { text: "t", relevance: "c" } }),
      "body/form",
    ],
    [
      "a purpose that is none",
      () => createRequest(["RS-FIU"], { purpose: "curiosity" } as never),
      "input/schema",
      /purpose/,
    ],
  ])("%s", async (_name, make, code, detail = /./) => {
    const before = sender.store.outbox.head();
    const error = await sender.append(make()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, detail: expect.stringMatching(detail) });
    expect(sender.store.outbox.head()).toEqual(before);
  });
});
