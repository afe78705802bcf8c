import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadNetwork,
  loadPolicyFiles,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

let root: string;
let dir: string;
let network: RunningNetwork;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-evidence-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"], witnessQuorum: 2 });
  await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  const say = (line: string) => void process.stderr.write(`leix: ${line}\n`);
  network = await startNetwork(dir, { env: process.env, say, services: ["policy", "registry", "ledger"] });
});
afterAll(async () => {
  await network.stop();
  await rm(root, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `leix` as a person does, in the network's folder or in another one. */
function leix(words: readonly string[], folder = dir): Promise<Ran> {
  const { PATH = "", HOME = "" } = process.env;
  return new Promise((resolve) => {
    const options = { env: { PATH, HOME }, cwd: root };
    execFile(process.execPath, [MAIN, "--dir", folder, ...words], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
  });
}

const toCode = (text: string) => /\[([a-z-]+\/[a-z-]+)\]/.exec(text)?.[1];

const REQUEST = [
  ...["send", "--as", "AL-CUSTOMS", "--to", "RS-FIU", "--purpose", "investigation"],
  ...["--crime", "drug-trafficking", "--facts", "A lorry was seen.", "--grounds", "It is registered there."],
  ...["--use-restriction", "With our leave only."],
];

/** Sends, and lets the recipient read. */
async function exchange(text: string): Promise<string> {
  const sent = await leix([...REQUEST, "--text", text, "--officer", "A. Hoxha"]);
  expect([sent.code, sent.err]).toEqual([0, ""]);
  await leix(["inbox", "--as", "RS-FIU"]);
  return sent.out.split(" ")[0] ?? "";
}

/** The ledger service's next checkpoint covers it. */
function make(id: string, file: string, ...words: readonly string[]): Promise<void> {
  return vi.waitFor(
    async () => {
      const { code, err } = await leix(["evidence", "make", id, "--out", file, ...words]);
      expect([code, err]).toEqual([0, ""]);
    },
    { timeout: 60_000 },
  );
}

describe("leix evidence", () => {
  let id: string;
  let file: string;
  let trust: string[];
  beforeAll(async () => {
    id = await exchange("Who owns the lorry?");
    file = join(root, "one.json");
    const { anchorKey, exchange: aud } = await loadNetwork(dir);
    trust = ["--anchor", anchorKey, "--exchange", aud];
    await make(id, file);
  });

  test("makes one file, which proves what became of a message without the network's folder", async () => {
    const { code, out, err } = await leix(["evidence", "verify", file, ...trust], "/nowhere");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(
      /^Valid\. Evidence of message \S+ of AL-CUSTOMS\.\n\nProven\n\+ The key \S+ signed this message/,
    );
    expect(out).toMatch(/The policy service decided: permitted\. Permitted for RS-FIU/);
    expect(out).toMatch(/The rules in force, on the facts that the decision names, give exactly this/);
    expect(out).toMatch(/\nNot proven\n- That the statements shown are the newest/);
    expect(out).not.toContain("lorry");
    const json = await leix(["evidence", "verify", file, "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ isProven: true, message: { id, iss: "AL-CUSTOMS" } });
  });

  test("a changed file is not valid: exit 1, with the part, the code and what to do", async () => {
    const bytes = await readFile(file);
    const at = bytes.indexOf('"proof"') + 20;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const changed = join(root, "changed.json");
    await writeFile(changed, bytes);
    const { code, out } = await leix(["evidence", "verify", changed, ...trust], "/nowhere");
    expect(code).toBe(1);
    expect(out).toMatch(/^Not valid\. The part that fails is \w+(\[\d+\])?\.proof\.\n[\s\S]*\[\S+\/\S+\]/);
    const other = await leix([
      "evidence",
      "verify",
      file,
      "--anchor",
      trust[1] ?? "",
      "--exchange",
      "other.x",
    ]);
    expect([other.code, other.out]).toEqual([1, expect.stringContaining("[claims/audience]")]);
  });

  test("a recipient adds the body for one reader, who opens it; nobody else can", async () => {
    const [key, strangers] = [join(root, "reader"), join(root, "stranger")];
    for (const one of [key, strangers]) expect((await leix(["evidence", "key", one])).code).toBe(0);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const full = join(root, "full.json");
    const words = ["evidence", "body", file, "--as", "RS-FIU", "--reader", `${key}.pub`, "--out", full];
    expect(await leix(words)).toMatchObject({ code: 0, err: "" });
    const opened = await leix(["evidence", "open", full, "--key", key, ...trust], "/nowhere");
    expect(opened).toMatchObject({ code: 0, out: expect.stringContaining("Who owns the lorry?") });
    const closed = await leix(["evidence", "open", full, "--key", strangers, ...trust], "/nowhere");
    expect(closed).toMatchObject({ code: 1, out: expect.stringContaining("[body/undecryptable]") });
    const verified = await leix(["evidence", "verify", full, ...trust], "/nowhere");
    const body = /encrypted body in this file is the one that the sender's\s+signature\s+covers/;
    expect(verified).toMatchObject({ code: 0, out: expect.stringMatching(body) });
    expect(verified.out).not.toContain("lorry");

    const refused = async (...more: readonly string[]) => toCode((await leix(["evidence", ...more])).err);
    const asSender = ["--as", "AL-CUSTOMS", "--reader", `${key}.pub`];
    expect(await refused("open", file, "--key", key)).toBe("evidence/body-absent");
    expect(await refused("body", file, ...asSender)).toBe("evidence/body-absent");
    expect(await refused("body", file, "--as", "RS-FIU", "--reader", key)).toBe("config/invalid");
    expect(await refused("key", key)).toBe("config/invalid");
  });

  test("once the text is erased, evidence stays valid and says that the body is not in it", async () => {
    const erased = await exchange("To be erased.");
    const before = join(root, "before.json");
    const key = join(root, "eraser");
    await leix(["evidence", "key", key]);
    const withBody = ["--body", "--as", "RS-FIU", "--reader", `${key}.pub`];
    await make(erased, before, ...withBody);
    const word = ["acknowledge", "--as", "RS-FIU", erased, "erased", "--officer", "B. Petrović"];
    expect(await leix(word)).toMatchObject({ code: 0, err: "" });
    const after = join(root, "after.json");
    await make(erased, after);
    const refused = await leix(["evidence", "body", after, "--as", "RS-FIU", "--reader", `${key}.pub`]);
    expect([refused.code, toCode(refused.err)]).toEqual([1, "client/erased"]);
    const { code, out } = await leix(["evidence", "verify", after, ...trust], "/nowhere");
    expect([code, out]).toEqual([0, expect.stringContaining("it was not added, or it is erased")]);
  });

  test("prefers the newest checkpoint that its quorum has cosigned, and says which it took", async () => {
    const made = (message: string, ...words: readonly string[]) =>
      leix(["evidence", "make", message, "--out", join(root, "choice.json"), ...words]);
    expect((await made(id)).out).toMatch(/\nUnder the newest checkpoint, of \d+ records: none is known/);
    await vi.waitFor(
      async () => {
        for (const spoc of ["AL-SPOC", "RS-SPOC"]) {
          expect(await leix(["witness", "cosign", "--as", spoc])).toMatchObject({ code: 0, err: "" });
        }
        expect((await made(id)).out).toContain("its quorum of witnesses has cosigned");
      },
      { timeout: 60_000 },
    );
    const { log = "" } = network.services.find(({ name }) => name === "ledger") ?? {};
    expect((await made(id, "--from", log)).out).toContain("its quorum of witnesses has cosigned");
    const copy = join(root, "cosigned.ndjson");
    expect((await leix(["audit", "export", "--out", copy])).code).toBe(0);
    const replayed = await leix(["audit", "replay", "--file", copy]);
    const said = expect.stringContaining("cosigned by 2 of 2 countries; this exchange asks for 2");
    expect([replayed.code, replayed.out]).toEqual([0, said]);
    expect((await made(id, "--from", copy)).out).toContain("its quorum of witnesses has cosigned");
    const { code, out } = await leix(["evidence", "verify", join(root, "choice.json"), ...trust], "/nowhere");
    expect([code, out]).toEqual([0, expect.stringMatching(/speak for 2 of\s+the 2 countries/)]);
    expect(out).not.toContain("everybody was shown the same ledger");
    const later = await exchange("And the trailer?");
    await make(later, join(root, "later.json"));
    expect((await made(later)).out).toMatch(/\nUnder the newest checkpoint, of \d+ records: none is known/);
  });

  test("from an export and a checkpoint in a file it is the same", async () => {
    const ledger = join(root, "ledger.ndjson");
    expect((await leix(["audit", "export", "--out", ledger])).code).toBe(0);
    const { checkpoint } = JSON.parse(await readFile(file, "utf8"));
    const note = join(root, "checkpoint");
    await writeFile(note, checkpoint);
    const again = join(root, "again.json");
    await make(id, again, "--from", ledger, "--checkpoint", note);
    expect(await readFile(again)).toEqual(await readFile(file));
    await make(`AL-CUSTOMS/${id}`, again, "--from", ledger, "--checkpoint", root);
    expect(await readFile(again)).toEqual(await readFile(file));
    const stranger = id.replace(/^.{8}/, "00000000");
    const missing = await leix(["evidence", "make", stranger, "--from", ledger, "--checkpoint", note]);
    expect([missing.code, toCode(missing.err)]).toEqual([1, "evidence/not-recorded"]);
  });
});
