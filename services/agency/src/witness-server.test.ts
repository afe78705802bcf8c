import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import {
  type CertificateAndKey,
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
} from "@leix/broker";
import { encodeUtf8 } from "@leix/protocol";
import { PARTY_FILES } from "@leix/runtime";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BODY_BYTES_MAX, HEADER_BYTES_MAX, REQUESTS } from "./limits.ts";
import { serveWitness, type WitnessServerOptions } from "./witness-server.ts";

const HOST = "127.0.0.1";
const validity = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 3_600_000) };
const stopping = new AbortController();
const asked: string[] = [];
const refused: string[] = [];
const failed: string[] = [];
let now = 0;
let authority: CertificateAndKey;
let foreign: CertificateAndKey;
let folder: string;
let port: number;

const witness = {
  cosigns: true,
  admits: (name: string) => ["ledger", "RS-SPOC"].includes(name),
  async addCheckpoint(body: Uint8Array) {
    asked.push(new TextDecoder().decode(body));
    if (body.byteLength === 3) throw new Error("the disk is full");
    return { status: 409, contentType: "text/x.tlog.size", body: encodeUtf8("16\n") } as const;
  },
};
const toOptions = (changes: Partial<WitnessServerOptions> = {}): WitnessServerOptions => ({
  ...{ witness, folder, host: HOST, port: 0, clock: () => now },
  onRefused: (name, code) => void refused.push(`${name} ${code}`),
  onFailed: (error) => void failed.push(String(error)),
  ...changes,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-witness-server-"));
  authority = await createCertificateAuthority("A", validity);
  foreign = await createCertificateAuthority("A", validity);
  const own = await createServerCertificate(authority, { ...validity, name: "witness", hosts: [HOST] });
  await writeFile(join(folder, PARTY_FILES.ca), authority.certificate);
  await writeFile(join(folder, PARTY_FILES.witnessCertificate), own.certificate);
  await writeFile(join(folder, PARTY_FILES.witnessKey), own.key);
  ({ port } = await serveWitness(toOptions(), stopping.signal));
});
afterAll(async () => {
  stopping.abort();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked.length = 0;
  refused.length = 0;
  now += 3_600_000;
});

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

interface Asking {
  readonly as?: string;
  /** Whose authority signed the certificate. */
  readonly by?: CertificateAndKey;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
}

const identities = new Map<string, CertificateAndKey>();
async function identify(name: string, by: CertificateAndKey): Promise<CertificateAndKey> {
  const known = identities.get(name);
  if (known && by === authority) return known;
  const made = await createClientCertificate(by, { ...validity, name });
  if (by === authority) identities.set(name, made);
  return made;
}

async function ask(body: Uint8Array | string, asking: Asking = {}): Promise<Answer> {
  const { as = "ledger", by = authority, method = "POST", path = "/add-checkpoint", headers = {} } = asking;
  const { certificate: cert, key } =
    as === "" ? { certificate: undefined, key: undefined } : await identify(as, by);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const tls = { ca: authority.certificate, ...(cert && key ? { cert, key } : {}) };
  const sent = request({ host: HOST, port, path, method, headers, agent: false, ...tls }, (answer) => {
    const { statusCode: status, headers: got } = answer;
    text(answer).then((said) => resolve({ status, type: got["content-type"], body: said }), reject);
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "answered",
    (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
  );

describe("POST /add-checkpoint", () => {
  test.each([
    ["no type", {}],
    ["a type of its own", { "content-type": "application/octet-stream" }],
    ["a type that it is not", { "content-type": "application/json" }],
  ])("hands on the bytes with %s, and answers with status, type and body", async (_name, headers) => {
    const answer = await ask("old 0\n\n{", { headers });
    expect(answer).toEqual({ status: 409, type: "text/x.tlog.size", body: "16\n" });
    expect(asked).toEqual(["old 0\n\n{"]);
  });

  test("without a body is a request without bytes", async () => {
    expect((await ask("")).status).toBe(409);
    expect(asked).toEqual([""]);
  });

  test("is refused where it is too long, however it is sent, or not a POST", async () => {
    expect((await ask("x".repeat(BODY_BYTES_MAX))).status).toBe(409);
    asked.length = 0;
    const long = "x".repeat(BODY_BYTES_MAX + 1);
    expect((await ask(long, { headers: { "content-length": long.length } })).status).toBe(413);
    expect((await ask(long, { headers: { "transfer-encoding": "chunked" } })).status).toBe(413);
    expect((await ask("", { method: "GET" })).status).toBe(404);
    expect((await ask("", { path: "/checkpoint" })).status).toBe(404);
    const header = { "x-long": "x".repeat(HEADER_BYTES_MAX) };
    expect((await ask("", { headers: header })).status).toBe(431);
    expect(asked).toEqual([]);
  });

  test("that the node cannot answer is its failure, and says nothing of it", async () => {
    expect(await ask("abc")).toMatchObject({ status: 500, body: "" });
    expect(failed).toEqual(["Error: the disk is full"]);
  });
});

describe("nothing is looked at", () => {
  test("of those who show no certificate, or another authority's", async () => {
    expect(await codeOf(ask("old 0", { as: "" }))).toMatch(/^(?:ERR_SSL|ECONNRESET|EPIPE)/);
    expect(await codeOf(ask("old 0", { by: foreign }))).toMatch(/^(?:ERR_SSL|ECONNRESET|EPIPE)/);
    expect([asked, refused]).toEqual([[], []]);
  });

  test("of parties that are unknown, suspended, or auditors", async () => {
    for (const as of ["AL-SPOC", "auditor", "nobody"]) {
      const body = "identity/party-not-active\n";
      expect(await ask("old 0", { as })).toMatchObject({ status: 403, body });
    }
    expect(refused).toEqual(["AL-SPOC", "auditor", "nobody"].map((id) => `${id} identity/party-not-active`));
    expect(asked).toEqual([]);
  });

  test("of what one party sends too often, and no other pays for that", async () => {
    const all = await Promise.all(
      Array.from({ length: REQUESTS.atOnceMax + 20 }, () => ask("old 0", { as: "RS-SPOC" })),
    );
    const statuses = all.map(({ status }) => status);
    expect(statuses.filter((status) => status === 409)).toHaveLength(REQUESTS.atOnceMax);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    expect(asked).toHaveLength(REQUESTS.atOnceMax);
    expect((await ask("old 0", { as: "ledger" })).status).toBe(409);
    now += 1_000;
    expect((await ask("old 0", { as: "RS-SPOC" })).status).toBe(409);
  });

  test("of what is no HTTP, and it goes on answering others", async () => {
    const { certificate: cert, key } = await identify("RS-SPOC", authority);
    for (const bytes of [
      "\u0000\u0001\u0002\r\n\r\n",
      "POST /add-checkpoint HTTP/9.9\r\n\r\n",
      "x".repeat(20_000),
    ]) {
      const socket = connect({ host: HOST, port, ca: authority.certificate, cert, key });
      socket.write(bytes);
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect((await ask("old 0")).status).toBe(409);
    expect(asked).toEqual(["old 0"]);
  });
});

describe("it does not start", () => {
  test("for an agency without a key to cosign with", async () => {
    const none = { ...witness, cosigns: false };
    const serving = serveWitness(toOptions({ witness: none }), stopping.signal);
    await expect(serving).rejects.toMatchObject({ code: "config/invalid" });
  });

  test("without a certificate to show", async () => {
    await using empty = {
      folder: await mkdtemp(join(tmpdir(), "leix-no-certificate-")),
      [Symbol.asyncDispose]: () => rm(empty.folder, { recursive: true }),
    };
    await writeFile(join(empty.folder, PARTY_FILES.ca), authority.certificate);
    const serving = serveWitness(toOptions({ folder: empty.folder }), stopping.signal);
    await expect(serving).rejects.toMatchObject({ code: "config/invalid" });
  });
});
