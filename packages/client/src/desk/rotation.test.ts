import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AgencyId,
  type AgencyStatement,
  type KeyId,
  openApproval,
  openInvitation,
  openRequest,
  type RequestFile,
} from "@leix/protocol";
import {
  createPassphraseSource,
  finishApproval,
  installApproval,
  isEncrypted,
  loadPartyFolder,
  loadSigningKey,
  loadSigningKeys,
  PARTY_FILES,
  protectFolder,
  rotateKeys,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "../exchange.testkit.ts";
import {
  approve,
  enrolAgency,
  forgeRequest,
  invite,
  joinExchange,
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

const newInvitation = (id = toNewId()) => invite(exchange, albania, id);
const now = () => new Date(exchange.nowMs);
const enrol = () => enrolAgency(exchange, albania);

describe("keys are replaced", () => {
  test("the new ones beside the old, asked for by the old, and used once they are registered", async () => {
    const { folder, id } = await enrol();
    const before = await loadSigningKey(folder);
    await using node = await openAgency(exchange, folder, id);
    await node.refreshMembership();
    const current = node.findStatement();
    if (!current) throw new Error("no statement");
    const party = await loadPartyFolder(folder);
    const choice = {
      signing: "Ed25519",
      encryption: "X25519",
      cosigning: true,
      accountSigner: true,
    } as const;
    const request = await rotateKeys({ folder: party, choice, current, now: now() });
    expect(openRequest(request).jws.header.kid).toBe(before.kid);
    await expect(rotateKeys({ folder: party, choice, current, now: now() })).rejects.toMatchObject({
      code: "enrolment/folder-used",
    });
    expect((await loadSigningKey(folder)).kid).toBe(before.kid);
    const approval = await approve(exchange, albania, request);
    await node.refreshMembership();
    const registered = node.findStatement();
    expect(registered).toMatchObject({ version: 2, account: { signers: { length: 2 } } });
    if (!registered) throw new Error("no statement");
    // What is registered is nowhere else: it is not forgotten for another request.
    await expect(
      rotateKeys({ folder: party, choice, current: registered, isAnew: true, now: now() }),
    ).rejects.toMatchObject({ code: "enrolment/registered-already" });
    expect(node.findStatement()?.keys.map(({ use }) => use)).toEqual([
      "sig",
      "enc",
      "cosign",
      "sig",
      "enc",
      "cosign",
    ]);
    await joinExchange(exchange, folder, approval);
    expect((await loadSigningKey(folder)).alg).toBe("Ed25519");
    expect(await readdir(join(folder, PARTY_FILES.encryption))).toHaveLength(2);
    // The challenge that came with the first approval has served.
    await expect(
      approve(exchange, albania, await forgeRequest(folder, request, () => ({}))),
    ).rejects.toMatchObject({
      code: "enrolment/invitation-closed",
    });
  });

  test("an old one ends at once where the authority says so, but not the last of its use", async () => {
    const { folder, id } = await enrol();
    await using node = await openAgency(exchange, folder, id);
    await node.refreshMembership();
    const current = node.findStatement();
    if (!current) throw new Error("no statement");
    const party = await loadPartyFolder(folder);
    const request = await rotateKeys({ folder: party, choice: { signing: "ES256" }, current, now: now() });
    const [sig, enc] = current.keys.map(({ kid }) => kid);
    const codeOf = (kid: KeyId | undefined) =>
      approve(exchange, albania, request, true, kid ? [kid] : []).then(
        () => "approved",
        (error: { code: string }) => error.code,
      );
    expect(await codeOf(openRequest(request).content.keys[0]?.kid)).toBe("enrolment/request-refused");
    expect(await codeOf(enc)).toBe("enrolment/request-refused");
    expect(await codeOf(sig)).toBe("approved");
    await node.refreshMembership();
    expect(node.findStatement()?.keys.map(({ kid }) => kid)).not.toContain(sig);
  });

  test("a new key asks by itself only where the agency was invited anew", async () => {
    const { folder, id } = await enrol();
    const party = await loadPartyFolder(folder);
    const current = albania.desk.state.parties.get(id as AgencyId)?.statement as AgencyStatement;
    const rotation = { folder: party, choice: { signing: "ES256" }, current, now: now() } as const;
    const byNewKey = async (request: RequestFile) => {
      const [next] = await loadSigningKeys(folder, createPassphraseSource());
      return forgeRequest(folder, request, () => ({}), next);
    };
    const strange = await byNewKey(await rotateKeys(rotation));
    await expect(approve(exchange, albania, strange)).rejects.toMatchObject({
      code: "enrolment/request-refused",
    });
    const invitation = openInvitation(await newInvitation(id as AgencyId));
    const invited = await byNewKey(await rotateKeys({ ...rotation, invitation, isAnew: true }));
    const approval = await approve(exchange, albania, invited);
    expect(openApproval(approval).content.subject).toBe(id);
  });

  test("an agency that was never invited asks for a challenge first, and answers only its own", async () => {
    const folder = await exchange.copyFolder("AL-CUSTOMS");
    const party = await loadPartyFolder(folder);
    const current = albania.desk.state.parties.get("AL-CUSTOMS" as never)?.statement as never;
    const rotation = { folder: party, choice: { signing: "ES256" }, current, now: now() } as const;
    await expect(rotateKeys(rotation)).rejects.toMatchObject({ code: "enrolment/invitation-closed" });
    const foreign = openInvitation(await newInvitation());
    await expect(rotateKeys({ ...rotation, invitation: foreign })).rejects.toMatchObject({
      code: "enrolment/invitation-untrusted",
    });
    const own = openInvitation(await newInvitation("AL-CUSTOMS" as never));
    const request = await rotateKeys({ ...rotation, invitation: own });
    const approval = openApproval(await approve(exchange, albania, request));
    expect(approval.content.certificate).toBeUndefined();
    await joinExchange(exchange, folder, approval.file);
  });

  test("new secrets rest as the others do, whatever the key to sign with is", async () => {
    const { folder, id } = await enrol();
    const ask = async () => "four words that belong nowhere";
    const signing = join(folder, PARTY_FILES.signing);
    const text = await readFile(signing, "utf8");
    await protectFolder(folder, await ask(), ask);
    // The file of a key in a token stays in the clear: nothing in it is secret.
    await writeFile(signing, text);
    const listPlain = async () => {
      const names = (await readdir(folder, { recursive: true })).filter((one) =>
        /\.(jwk|nk|key|creds)$/.test(one),
      );
      const texts = names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") }));
      return (await Promise.all(texts)).filter((one) => !isEncrypted(one.text)).map(({ name }) => name);
    };
    expect(await listPlain()).toEqual([PARTY_FILES.signing]);
    const party = await loadPartyFolder(folder, undefined, ask);
    const current = albania.desk.state.parties.get(id as AgencyId)?.statement as AgencyStatement;
    const choice = { signing: "ES256", encryption: "P-256", cosigning: true, accountSigner: true } as const;
    const request = await rotateKeys({ folder: party, choice, current, now: now() });
    expect(await listPlain()).toEqual([PARTY_FILES.signing]);
    const approval = openApproval(await approve(exchange, albania, request));
    const options = { folder, now: now(), askPassphrase: ask };
    const { statement } = await installApproval({ ...options, approval });
    await finishApproval({ ...options, statement });
    expect(await listPlain()).toEqual([]);
    expect((await loadSigningKey(folder, ask)).kid).toBe(openRequest(request).content.keys[0]?.kid);
  });
});
