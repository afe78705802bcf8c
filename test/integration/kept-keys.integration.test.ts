import { execFile } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createNode } from "@leix/client";
import {
  createPassphraseSource,
  createPlan,
  isEncrypted,
  NETWORK_FILES,
  PARTY_FILES,
  protectFolder,
  readTokenKey,
  toTokenKeyText,
  writeSecret,
} from "@leix/runtime";
import {
  createRequest,
  createSoftToken,
  hasSoftToken,
  SOFT_TOKEN_HOW,
  startProgram,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

/** Agencies whose keys are not simply files: under a passphrase, in a PKCS#11 token. */
const PROTECTED = "RS-FIU";
const WITH_TOKEN = "AL-CUSTOMS";
const PASSPHRASE = "correct horse battery staple";
const isRequired = Boolean(process.env.LEIX_REQUIRE_SOFTHSM);

const AGENCIES = [
  ...["AL", "RS"].map((country) => ({ id: `${country}-SPOC`, type: "police", role: "spoc" })),
  { id: WITH_TOKEN, type: "customs", role: "designated", signing: "ES256" },
  { id: PROTECTED, type: "fiu", role: "designated" },
];

let exchange: TestExchange;
beforeAll(async () => {
  const plan = createPlan({ countries: ["AL", "RS"], agencies: AGENCIES });
  exchange = await startTestExchange({ plan, agencies: ["AL-SPOC"] });
  await protect();
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

async function protect(): Promise<void> {
  const file = join(exchange.dir, "passphrase");
  await writeFile(file, PASSPHRASE, { mode: 0o600 });
  await protectFolder(exchange.folderOf(PROTECTED), PASSPHRASE, createPassphraseSource(file));
  vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", file);
}

test("a node whose secrets are encrypted receives, reads and acknowledges", async () => {
  const folder = exchange.folderOf(PROTECTED);
  for (const name of [PARTY_FILES.signing, PARTY_FILES.key, PARTY_FILES.credentials, PARTY_FILES.officers]) {
    expect(isEncrypted(await readFile(join(folder, name), "utf8")), name).toBe(true);
  }
  const node = await exchange.startNode(PROTECTED);
  const sent = await exchange.node("AL-SPOC").send(createRequest([PROTECTED], "Who owns the lorry?"));
  await node.untilReceived(sent.ref);
  expect(await node.readText(sent.ref)).toBe("Who owns the lorry?");
  await exchange.node("AL-SPOC").untilAcknowledged(sent.ref, 1);
  await exchange.stopNode(PROTECTED);
});

test("it does not start without the passphrase", async () => {
  vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", "");
  const options = { folder: exchange.folderOf(PROTECTED), natsUrl: exchange.broker.natsUrl };
  await expect(createNode(options)).rejects.toMatchObject({ code: "key/passphrase-missing" });
  vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", join(exchange.dir, "passphrase"));
});

test.skipIf(hasSoftToken || isRequired)(`an agency's key in a token: ${SOFT_TOKEN_HOW}`, ({ skip }) =>
  skip(),
);

test.runIf(hasSoftToken || isRequired)("an agency signs with a token, and everyone verifies it", async () => {
  expect(hasSoftToken, `LEIX_REQUIRE_SOFTHSM is set: ${SOFT_TOKEN_HOW}`).toBe(true);
  await using token = await createSoftToken(WITH_TOKEN);
  const file = join(exchange.folderOf(WITH_TOKEN), PARTY_FILES.signing);
  // The key that the genesis registered.
  const jwk = JSON.parse(await readFile(file, "utf8"));
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  await token.importKey(key.export({ type: "pkcs8", format: "pem" }).toString(), "01", "sign");
  const place = { module: token.module, token: token.label, id: "01", pinFile: token.pinFile };
  await rm(file);
  await writeSecret(file, toTokenKeyText(await readTokenKey(place), place));
  expect(await readFile(file, "utf8")).not.toContain(jwk.d);

  const receiver = await exchange.startNode(PROTECTED);
  const sender = await exchange.startNode(WITH_TOKEN);
  const sent = await sender.send(createRequest([PROTECTED], "And now?"));
  expect(sent.decision?.recipients.map(({ effect }) => effect)).toEqual(["permit", "permit", "permit"]);
  await receiver.untilReceived(sent.ref);
  expect(await receiver.readText(sent.ref)).toBe("And now?");
  await exchange.stopNode(WITH_TOKEN);
});

test.each([
  ["agency", `agencies/${PROTECTED}`, "agency.started", { LEIX_AGENCY: PROTECTED }],
  ["policy", "services/policy", "policy.started", {}],
  ["auditor", "services/auditor", "auditor.started", {}],
  ["ledger", "services/ledger", "ledger.started", {}],
  ["registry", "services/registry", "registry.settled", {}],
])("the service %s asks for its passphrase once", async (service, folder, event, env) => {
  await protectFolder(join(exchange.dir, folder), PASSPHRASE, async () => PASSPHRASE);
  // Gives what is in it once: whoever asks again waits for ever.
  const pipe = join(exchange.dir, `${service}.pipe`);
  await promisify(execFile)("mkfifo", ["-m", "600", pipe]);
  const asked = writeFile(pipe, PASSPHRASE);
  await using program = await startProgram({
    file: new URL(`../../services/${service}/src/main.ts`, import.meta.url),
    env: {
      LEIX_NETWORK: exchange.dir,
      LEIX_NATS_URL: exchange.broker.natsUrl,
      LEIX_KEY_PASSPHRASE_FILE: pipe,
      ...env,
    },
    logFile: join(exchange.dir, NETWORK_FILES.log, `${service}-protected.log`),
  });
  await program.untilSaid(`"event":"${event}"`);
  await asked;
});
