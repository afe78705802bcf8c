import { encodeUtf8 } from "@leix/protocol";
import { findFreePort } from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveWitness } from "./witness-server.ts";

const HOST = "127.0.0.1";
const stopping = new AbortController();
let url: string;
const asked: string[] = [];

beforeAll(async () => {
  const port = await findFreePort();
  url = `http://${HOST}:${port}/add-checkpoint`;
  const witness = {
    cosigns: true,
    async addCheckpoint(body: Uint8Array) {
      asked.push(new TextDecoder().decode(body));
      return { status: 409, contentType: "text/x.tlog.size", body: encodeUtf8("16\n") } as const;
    },
  };
  await serveWitness(witness, { host: HOST, port }, stopping.signal);
});
afterAll(() => stopping.abort());

describe("POST /add-checkpoint", () => {
  test.each([
    ["no type", {}],
    ["a type of its own", { "content-type": "application/octet-stream" }],
    ["a type that it is not", { "content-type": "application/json" }],
  ])("hands on the bytes with %s, and answers with status, type and body", async (_name, headers) => {
    const answer = await fetch(url, { method: "POST", body: encodeUtf8("old 0\n\n{"), headers });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([409, "text/x.tlog.size"]);
    expect(await answer.text()).toBe("16\n");
    expect(asked.pop()).toBe("old 0\n\n{");
  });

  test("without a body is a request without bytes", async () => {
    expect((await fetch(url, { method: "POST" })).status).toBe(409);
    expect(asked.pop()).toBe("");
  });

  test("is refused where it is too long or not a POST", async () => {
    expect((await fetch(url, { method: "POST", body: "x".repeat(131_073) })).status).toBe(413);
    expect((await fetch(url)).status).toBe(404);
    expect(asked).toEqual([]);
  });
});

test("an agency without a key to cosign with serves none", async () => {
  const none = { cosigns: false, addCheckpoint: () => Promise.reject(new Error("asked")) };
  const address = { host: HOST, port: await findFreePort() };
  await expect(serveWitness(none, address, stopping.signal)).rejects.toMatchObject({
    code: "config/invalid",
  });
});
