import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { listCertificateEnds } from "@leix/broker";
import { type AgencyId, type AgencyStatement, openApproval } from "@leix/protocol";
import {
  createPassphraseSource,
  finishApproval,
  installApproval,
  loadPartyFolder,
  loadSigningKey,
  NEXT_FILES,
  PARTY_FILES,
  type PassphraseSource,
  protectFolder,
  type RotationChoice,
  rotateKeys,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "../exchange.testkit.ts";
import { approve, enrolAgency, invite, makeAgency, openEnrolmentDesk, toNewId } from "./enrolment.testkit.ts";
import type { EnrolmentDesk } from "./enrolment-desk.ts";

vi.setConfig(PATIENCE);

const PASSPHRASE = "four words that belong nowhere";
const give = async () => PASSPHRASE;
/** Stops the work when it comes to this file. */
const stopAt = (name: string): PassphraseSource => {
  return async (file) => {
    if (file.endsWith(name)) throw new Error(`stopped before ${name}`);
    return PASSPHRASE;
  };
};

let exchange: TestExchange;
let albania: EnrolmentDesk;
beforeAll(async () => {
  exchange = await createTestExchange();
  albania = await openEnrolmentDesk(exchange);
});
afterAll(() => exchange[Symbol.asyncDispose]());

const now = () => new Date(exchange.nowMs);
const toOptions = (folder: string, askPassphrase: PassphraseSource = give) => ({
  folder,
  now: now(),
  askPassphrase,
});

describe("the first approval, taken in again after a crash", () => {
  const create = async () => {
    const { folder, request } = await makeAgency(exchange, await invite(exchange, albania, toNewId()), {
      passphrase: PASSPHRASE,
    });
    return { folder, approval: openApproval(await approve(exchange, albania, request)) };
  };

  test("leaves the key with one chain, however often", async () => {
    const { folder, request } = await makeAgency(exchange, await invite(exchange, albania, toNewId()));
    const approval = openApproval(await approve(exchange, albania, request));
    const read = () => readFile(join(folder, PARTY_FILES.key), "utf8");
    await installApproval({ ...toOptions(folder), approval });
    const once = await read();
    expect(listCertificateEnds(once)).toHaveLength(2);
    for (let i = 0; i < 2; i++) {
      await rm(join(folder, PARTY_FILES.party));
      await installApproval({ ...toOptions(folder), approval });
      expect(await read()).toBe(once);
    }
  });

  test("has the old credentials until it has the new", async () => {
    const { folder, approval } = await create();
    await installApproval({ ...toOptions(folder), approval });
    await rm(join(folder, PARTY_FILES.party));
    const file = join(folder, PARTY_FILES.credentials);
    const before = await readFile(file, "utf8");
    // Asked to open the account's signer, then for what the credentials are encrypted with.
    const stopped = installApproval({ ...toOptions(folder, stopAt(PARTY_FILES.credentials)), approval });
    await expect(stopped).rejects.toThrow("stopped");
    expect(await readFile(file, "utf8")).toBe(before);
    await installApproval({ ...toOptions(folder), approval });
    expect(existsSync(join(folder, PARTY_FILES.party))).toBe(true);
  });
});

describe("a rotation that ends between its writes", () => {
  const rotate = async (
    { folder, id }: { folder: string; id: string },
    choice: RotationChoice,
    { askPassphrase, isAnew = false }: { askPassphrase?: PassphraseSource; isAnew?: boolean } = {},
  ) => {
    const party = await loadPartyFolder(folder, undefined, askPassphrase ?? give);
    const current = albania.desk.state.parties.get(id as AgencyId)?.statement as AgencyStatement;
    return rotateKeys({ folder: party, choice, current, isAnew, now: now() });
  };

  test("installs nothing that was not asked for, when the request before it is approved", async () => {
    const enrolled = await enrolAgency(exchange, albania);
    const { folder } = enrolled;
    await protectFolder(folder, PASSPHRASE, createPassphraseSource());
    const { kid } = await loadSigningKey(folder, give);
    const request = await rotate(enrolled, { signing: "ES256", accountSigner: true });
    // The new signing key is there, the account's signer and the request are not.
    const stopped = rotate(
      enrolled,
      { signing: "Ed25519", accountSigner: true },
      { isAnew: true, askPassphrase: stopAt(NEXT_FILES.accountSigner) },
    );
    await expect(stopped).rejects.toThrow("stopped");
    expect(existsSync(join(folder, NEXT_FILES.signing))).toBe(true);
    const approval = openApproval(await approve(exchange, albania, request));
    await expect(installApproval({ ...toOptions(folder), approval })).rejects.toMatchObject({
      code: "enrolment/other-keys",
    });
    expect((await loadSigningKey(folder, give)).kid).toBe(kid);
  });

  test("installs nothing when the approval before it is joined with again, and is done anew", async () => {
    const enrolled = await enrolAgency(exchange, albania);
    const { folder } = enrolled;
    const { kid } = await loadSigningKey(folder);
    const choice = { signing: "Ed25519", cosigning: true, accountSigner: true } as const;
    const signer = await readFile(join(folder, PARTY_FILES.accountSigner), "utf8");
    // All keys are there, the request is not.
    await rotate(enrolled, choice);
    await rm(join(folder, "enrolment", "request.json"));
    const approval = openApproval(enrolled.approval);
    const { statement } = await installApproval({ ...toOptions(folder), approval });
    await finishApproval({ ...toOptions(folder), statement });
    expect((await loadSigningKey(folder, give)).kid).toBe(kid);
    expect(await readFile(join(folder, PARTY_FILES.accountSigner), "utf8")).toBe(signer);
    const request = await rotate(enrolled, choice);
    const next = openApproval(await approve(exchange, albania, request));
    const installed = await installApproval({ ...toOptions(folder), approval: next });
    await finishApproval({ ...toOptions(folder), statement: installed.statement });
    expect((await loadSigningKey(folder, give)).alg).toBe("Ed25519");
    for (const name of Object.values(NEXT_FILES)) expect(existsSync(join(folder, name)), name).toBe(false);
  });
});
