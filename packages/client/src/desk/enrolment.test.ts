import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AccountId,
  type InvitationFile,
  openApproval,
  openInvitation,
  openRequest,
  type RequestFile,
  toDigest,
} from "@leix/protocol";
import {
  type CreateAgencyOptions,
  createAgency,
  createPassphraseSource,
  installApproval,
  loadSigningKey,
  PARTY_FILES,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "../exchange.testkit.ts";
import { createNode } from "../node.ts";
import { createRequest } from "../party.testkit.ts";
import { examineRequest } from "./approve-request.ts";
import {
  approve,
  enrolAgency,
  forgeProven,
  forgeRequest,
  invite,
  makeAgency,
  openAgency,
  openEnrolmentDesk,
  toNewId,
} from "./enrolment.testkit.ts";
import type { EnrolmentDesk } from "./enrolment-desk.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
let albania: EnrolmentDesk;
beforeAll(async () => {
  exchange = await createTestExchange();
  albania = await openEnrolmentDesk(exchange);
});
afterAll(() => exchange[Symbol.asyncDispose]());

const newInvitation = (id = toNewId(), days?: number) => invite(exchange, albania, id, days);
const now = () => new Date(exchange.nowMs);

/** The end of a token is its signature: another first character of it is another one. */
function breakToken(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

const enrol = (options?: Partial<CreateAgencyOptions>) => enrolAgency(exchange, albania, options);

describe("an agency is enrolled by three files", () => {
  test.each([
    ["ES256", "P-256"],
    ["Ed25519", "X25519"],
  ] as const)("with %s and %s, and its first message is permitted", async (signing, encryption) => {
    const { folder, id } = await enrol({ signing, encryption });
    await using node = await openAgency(exchange, folder, id);
    const { ref } = await node.send(createRequest(["RS-FIU"]));
    expect(node.findStatement()).toMatchObject({ subject: id, version: 1, status: "active" });
    const stopping = new AbortController();
    const running = node.run(stopping.signal);
    expect(await node.waitForDecision(ref, 20_000)).toMatchObject({ status: "permitted" });
    stopping.abort();
    await running;
  });

  test("no private key is in a file that travels, and every one is its owner's alone", async () => {
    const { folder, request, approval } = await enrol();
    const travelled = JSON.stringify([request, approval]);
    const names = (await readdir(folder, { recursive: true })).filter((name) =>
      /\.(jwk|nk|key|creds)$/.test(name),
    );
    expect(names).toHaveLength(8);
    for (const name of names) {
      const text = await readFile(join(folder, name), "utf8");
      const secret = name.endsWith(".jwk") ? (JSON.parse(text) as { d: string }).d : text.trim();
      expect(travelled).not.toContain(secret);
      expect((await stat(join(folder, name))).mode & 0o777, name).toBe(0o600);
    }
  });

  test("under a passphrase every private key is encrypted, and it takes part all the same", async () => {
    const passphrase = "four words that belong nowhere";
    const made = await makeAgency(exchange, await newInvitation(), { passphrase });
    const approval = openApproval(await approve(exchange, albania, made.request));
    const askPassphrase = () => Promise.resolve(passphrase);
    await installApproval({ folder: made.folder, approval, now: now(), askPassphrase });
    for (const name of [
      PARTY_FILES.signing,
      PARTY_FILES.key,
      PARTY_FILES.credentials,
      PARTY_FILES.accountSigner,
    ]) {
      expect(await readFile(join(made.folder, name), "utf8"), name).toMatch(/^eyJ[\w-]+(\.[\w-]+){4}\n$/);
    }
    expect(await loadSigningKey(made.folder, askPassphrase)).toMatchObject({ alg: "ES256" });
    const post = exchange.connect("AL-CUSTOMS");
    await using node = await createNode({ folder: made.folder, post, askPassphrase });
    expect(node.agency).toBe(approval.content.subject);
    await expect(makeAgency(exchange, await newInvitation(), { passphrase: "short" })).rejects.toMatchObject({
      code: "key/passphrase-short",
    });
  });

  test("what a crash left is made anew, and made once it is given again", async () => {
    const file = await newInvitation();
    const first = await makeAgency(exchange, file);
    const again = { folder: first.folder, invitation: openInvitation(file), now: now() };
    expect(await createAgency(again)).toEqual(first.request);
    await rm(first.folder, { recursive: true });
    const other = await createAgency(again);
    expect(other).not.toEqual(first.request);
    await expect(
      createAgency({ ...again, invitation: openInvitation(await newInvitation()) }),
    ).rejects.toMatchObject({
      code: "enrolment/folder-used",
    });
  });

  test("the same request has the same answer, also after a crash half way", async () => {
    const { request } = await makeAgency(exchange, await newInvitation());
    const examined = await examineRequest(albania, openRequest(request), now());
    const file = join(
      albania.folder.folder,
      "enrolment",
      `challenge-${examined.challenge.challenge.id}.json`,
    );
    const open = await readFile(file, "utf8");
    const first = openApproval(await approve(exchange, albania, request, false));
    expect(await approve(exchange, albania, request, false)).toEqual(first.file);
    await rm(file);
    await writeFile(file, open, { mode: 0o600 });
    const again = openApproval(await approve(exchange, albania, request));
    expect(again.content.statement).toBe(first.content.statement);
  });
});

describe("an invitation is refused", () => {
  const codeOf = async (file: InvitationFile, anchorKey?: string) =>
    makeAgency(exchange, file, { anchorKey }).then(
      () => "taken",
      (error: { code: string }) => error.code,
    );

  test("that is none, altered, of another anchor or authority, or has ended", async () => {
    const file = await newInvitation();
    const { agency, ...content } = openInvitation(file).content;
    expect(await codeOf(file, content.anchorKey)).toBe("taken");
    expect(() => openInvitation({ v: 1 })).toThrow(expect.objectContaining({ code: "enrolment/malformed" }));
    expect(() => openInvitation({ ...file, invitation: file.statements[0] })).toThrow(
      expect.objectContaining({ code: "enrolment/malformed" }),
    );
    expect(await codeOf(file, toDigest("another anchor"))).toBe("enrolment/invitation-untrusted");
    expect(await codeOf({ ...file, invitation: breakToken(file.invitation) })).toBe(
      "enrolment/invitation-untrusted",
    );
    const [anchor, own] = file.statements;
    expect(await codeOf({ ...file, statements: [breakToken(anchor), own] })).toBe(
      "enrolment/invitation-untrusted",
    );
    expect(await codeOf({ ...file, statements: [anchor, breakToken(own)] })).toBe(
      "enrolment/invitation-untrusted",
    );
    const serbia = await openEnrolmentDesk(exchange, "RS");
    const foreign = await invite(exchange, serbia, toNewId("RS"));
    expect(await codeOf({ ...file, statements: foreign.statements })).toBe("enrolment/invitation-untrusted");
    const before = exchange.nowMs;
    exchange.nowMs += 15 * 86_400_000;
    expect(await codeOf(file)).toBe("enrolment/invitation-closed");
    exchange.nowMs = before;
    await expect(invite(exchange, albania, toNewId("RS"))).rejects.toMatchObject({
      code: "statement/unauthorised",
    });
    expect(agency.name).toBe("A new agency");
  });
});

describe("a request is refused", () => {
  const codeOf = async (file: RequestFile, authority = albania) =>
    approve(exchange, authority, file, false).then(
      () => "approved",
      (error: { code: string }) => error.code,
    );

  test("that is altered, of another exchange or country, or signed by a strange key", async () => {
    const { folder, request } = await makeAgency(exchange, await newInvitation());
    const forge = (change: Parameters<typeof forgeRequest>[2]) => forgeRequest(folder, request, change);
    expect(await codeOf({ v: 1, request: breakToken(request.request) })).toBe("enrolment/request-refused");
    expect(await codeOf(await forge(() => ({ aud: "another.example" })))).toBe("claims/audience");
    expect(await codeOf(await forge(() => ({ iss: toNewId("RS") })))).toBe("statement/unauthorised");
    expect(await codeOf(request, await openEnrolmentDesk(exchange, "RS"))).toBe("statement/unauthorised");
    expect(await codeOf(await forge(() => ({ iss: toNewId() })))).toBe("enrolment/request-refused");
    expect(await codeOf(await forge(() => ({ keys: [] })))).toBe("enrolment/request-refused");
    const stranger = await loadSigningKey(join(exchange.dir, "agencies/RS-FIU"));
    const strange = await forgeRequest(folder, request, () => ({}), stranger);
    expect(await codeOf(strange)).toBe("enrolment/request-refused");
    expect(await codeOf(await forge(({ keys }) => ({ keys: [...keys, keys[0]] })))).toBe(
      "enrolment/request-refused",
    );
    expect(await codeOf(request)).toBe("approved");
  });

  test("whose proofs are missing, wrong or another's", async () => {
    const { folder, request } = await makeAgency(exchange, await newInvitation());
    const other = await makeAgency(exchange, await newInvitation());
    const forge = (change: Parameters<typeof forgeRequest>[2]) => forgeRequest(folder, request, change);
    const foreign = openRequest(other.request).content;
    expect(await codeOf(await forge(() => ({ decryption: [] })))).toBe("enrolment/decryption-proof");
    expect(await codeOf(await forge(({ decryption: [one] }) => ({ decryption: [one, one] })))).toBe(
      "enrolment/decryption-proof",
    );
    // The proofs are over the whole of the request, so whatever else is changed, they are wrong.
    expect(await codeOf(await forge(({ iat }) => ({ iat: iat - 1 })))).toBe("enrolment/decryption-proof");
    const withoutCertificate = await forge(({ certificateRequest: _, ...rest }) => {
      return { ...rest, certificateRequest: undefined };
    });
    expect(await codeOf(withoutCertificate)).toBe("enrolment/decryption-proof");
    const isForeign = await forge(({ keys }) => ({ keys: [keys[0], ...foreign.keys.slice(1)] }));
    expect(await codeOf(isForeign)).toBe("enrolment/decryption-proof");
    expect(await codeOf(await forge(() => ({ challenge: foreign.challenge })))).toBe(
      "enrolment/request-refused",
    );
  });

  test("that registers what the agency does not hold, or asks for another's certificate", async () => {
    const file = await newInvitation();
    const { folder, request } = await makeAgency(exchange, file);
    const other = await makeAgency(exchange, await newInvitation());
    const foreign = openRequest(other.request).content;
    const forge = (change: Parameters<typeof forgeProven>[3]) => forgeProven(folder, file, request, change);
    expect(await codeOf(await forge(({ proofs }) => ({ proofs: proofs.slice(1) })))).toBe(
      "statement/possession",
    );
    expect(await codeOf(await forge(({ proofs }) => ({ proofs: [...proofs, proofs[0]] })))).toBe(
      "statement/possession",
    );
    expect(await codeOf(await forge(() => ({ account: foreign.account })))).toBe("statement/possession");
    expect(await codeOf(await forge(() => ({ proofs: foreign.proofs })))).toBe("statement/possession");
    const isCosigner = ({ use }: { use: string }) => use === "cosign";
    const stolen = foreign.keys.filter(isCosigner);
    expect(await codeOf(await forge(({ keys }) => ({ keys: [...keys, ...stolen] })))).toBe(
      "statement/possession",
    );
    const { certificateRequest } = foreign;
    expect(await codeOf(await forge(() => ({ certificateRequest })))).toBe("certificate/request");
    const without = await forge(() => ({ certificateRequest: undefined }));
    expect(await codeOf(without)).toBe("certificate/request");
    const reserved = { id: albania.folder.party.account as AccountId, signers: foreign.account.signers };
    expect(await codeOf(await forge(() => ({ account: reserved })))).toBe("statement/possession");
    expect(await codeOf(request)).toBe("approved");
  });

  test("whose challenge is unknown, served another, or has ended", async () => {
    const file = await newInvitation();
    const one = await makeAgency(exchange, file);
    const other = await makeAgency(exchange, file);
    expect(await codeOf(one.request)).toBe("approved");
    expect(await codeOf(other.request)).toBe("enrolment/invitation-closed");
    const late = await makeAgency(exchange, await newInvitation(toNewId(), 1));
    const unknown = await forgeRequest(late.folder, late.request, () => ({ challenge: "A".repeat(22) }));
    expect(await codeOf(unknown)).toBe("enrolment/invitation-closed");
    const before = exchange.nowMs;
    exchange.nowMs += 2 * 86_400_000;
    expect(await codeOf(late.request)).toBe("enrolment/invitation-closed");
    exchange.nowMs = before;
  });
});

describe("an approval is refused", () => {
  test("that is altered, or for other keys than this folder's", async () => {
    const one = await makeAgency(exchange, await newInvitation());
    const other = await makeAgency(exchange, await newInvitation());
    const approval = await approve(exchange, albania, one.request);
    const codeOf = async (folder: string, file: object) =>
      installApproval({
        folder,
        approval: openApproval(file),
        now: now(),
        askPassphrase: createPassphraseSource(),
      }).then(
        () => "taken",
        (error: { code: string }) => error.code,
      );
    expect(await codeOf(other.folder, approval)).toBe("enrolment/other-keys");
    const broken = { ...approval, approval: breakToken(approval.approval) };
    expect(await codeOf(one.folder, broken)).toBe("enrolment/invitation-untrusted");
    expect(() => openApproval({ v: 1, approval: "x" })).toThrow(
      expect.objectContaining({ code: "enrolment/malformed" }),
    );
    expect(await codeOf(one.folder, approval)).toBe("taken");
    expect(await codeOf(one.folder, approval)).toBe("taken");
    const stolen = join(exchange.dir, "agencies/RS-FIU");
    expect(await codeOf(stolen, approval)).toBe("enrolment/other-keys");
  });
});
