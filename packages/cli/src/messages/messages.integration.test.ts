import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadPolicyFiles,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

let root: string;
let dir: string;
let network: RunningNetwork;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-cli-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  const say = (line: string) => void process.stderr.write(`leix: ${line}\n`);
  network = await startNetwork(dir, { env: process.env, say, services: ["policy", "registry"] });
});
afterAll(async () => {
  await network.stop();
  await rm(root, { recursive: true, force: true });
});

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `leix` as a person does. */
function leix(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
  const { PATH = "", HOME = "" } = process.env;
  const options = { env: { PATH, HOME, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "--dir", dir, ...words], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

async function leixJson<T>(words: readonly string[]): Promise<T & { readonly code: number }> {
  const { code, stdout } = await leix([...words, "--json"]);
  return { ...(JSON.parse(stdout) as T), code };
}

interface SentJson {
  readonly id: string;
  readonly status: string;
  readonly recipients: readonly {
    readonly effect: string;
    readonly reasons: readonly { reason: string }[];
  }[];
}

const request = [
  ...["send", "--as", "AL-CUSTOMS", "--to", "RS-FIU", "--purpose", "investigation"],
  ...["--crime", "drug-trafficking", "--facts", "A lorry was seen.", "--grounds", "It is registered there."],
  ...["--use-restriction", "With our leave only.", "--text"],
];

describe("leix", () => {
  test("sends, reads, answers, and shows the thread", async () => {
    const sent = await leix([...request, "Who owns the lorry?", "--officer", "A. Hoxha"]);
    expect(sent).toMatchObject({ code: 0, stderr: "" });
    expect(sent.stdout).toMatch(
      /request to RS-FIU, copies to AL-SPOC, RS-SPOC\nPermitted, record \d+ of the ledger/,
    );
    const id = sent.stdout.split(" ")[0] ?? "";

    const list = await leix(["inbox", "--as", "RS-FIU"]);
    expect(list.stdout).toMatch(new RegExp(`^${id}  .* UTC  request  AL-CUSTOMS\n$`));
    const shown = await leix(["inbox", "--as", "RS-FIU", "--offline", id.slice(-12)]);
    expect(shown.stdout).toMatch(/request to RS-FIU, copies to .*, from AL-CUSTOMS[\s\S]*purpose +inves/);
    expect(shown.stdout).toContain("Who owns the lorry?");
    expect(shown.stdout).not.toContain("Hoxha");

    const marked = ["--purpose", "investigation", "--handling", "H1", "--classification", "restricted"];
    const answer = [
      "send",
      "--as",
      "RS-FIU",
      "--to",
      "AL-CUSTOMS",
      "--kind",
      "answer",
      "--re",
      id.slice(0, 35),
      ...marked,
    ];
    expect((await leixJson<SentJson>([...answer, "--text", "A company."])).status).toBe("permitted");

    await leix(["inbox", "--as", "AL-CUSTOMS"]);
    const thread = await leix(["thread", "--as", "AL-CUSTOMS", id]);
    expect(thread.stdout.match(/-> +RS-FIU +request|<- +RS-FIU +answer/g)).toHaveLength(2);
    const outbox = await leix(["outbox", "--as", "AL-CUSTOMS"]);
    expect(outbox.stdout).toMatch(/request +RS-FIU +permitted +acknowledged by 1 of 3/);
  });

  test.each(["README.md", "deploy/README.md"])("sends what %s tells a newcomer to send", async (file) => {
    const text = await readFile(new URL(`../../../../${file}`, import.meta.url), "utf8");
    const told = /^npx (leix send (?:.*\\\n)*.*)$/m.exec(text)?.[1] ?? "";
    const script = `leix() { "${process.execPath}" "${MAIN}" --dir "${dir}" "$@"; }; ${told}`;
    const { PATH = "", HOME = "" } = process.env;
    const { stdout } = await promisify(execFile)("bash", ["-c", script], { env: { PATH, HOME } });
    expect(stdout).toMatch(/Permitted, record/);
  });

  test("says why a message is denied and what would let it pass, and exits with 3", async () => {
    const words = [
      "send",
      "--as",
      "AL-CUSTOMS",
      "--to",
      "RS-FIU,RS-SPOC",
      "--kind",
      "notification",
      "--text",
      "x",
    ];
    const { code, stdout } = await leix(words);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /Denied, record \d+[\s\S]*RS-FIU +to +denied +P22[\s\S]*P22: Marking is mandatory[\s\S]*To let it pass/,
    );
    expect(stdout).not.toContain("\u001b");
    const id = stdout.split(" ")[0] ?? "";
    const explained = await leixJson<SentJson>(["explain", "--as", "AL-CUSTOMS", id]);
    expect(explained).toMatchObject({ id, status: "denied", code: 0 });
    expect(explained.recipients.map(({ effect }) => effect)).toEqual(["deny", "deny", "deny"]);
    const { stdout: listed } = await leix(["outbox", "--as", "AL-CUSTOMS", "--offline"]);
    expect(listed).toMatch(new RegExp(`^${id} .*denied *$`, "m"));
  });

  test("says what is owed, until when, and what a request lacks, each by its policy", async () => {
    const bare = ["send", "--as", "AL-CUSTOMS", "--to", "RS-FIU", "--purpose", "investigation"];
    const denied = await leix([...bare, "--text", "Who?"]);
    expect(denied.code).toBe(3);
    for (const policy of ["P05", "P05.offence", "P05.grounds", "P05.use-restriction"]) {
      expect(denied.stdout).toMatch(new RegExp(`  ${policy}: Complete request\\n[\\s\\S]*To let it pass: `));
    }

    const { id } = await leixJson<SentJson>([...request, "Who owns it?"]);
    const explained = await leix(["explain", "--as", "AL-CUSTOMS", id]);
    expect(explained.stdout).toMatch(/RS-FIU is to answer the request by 20\d\d-.* \+0[12]:00 \(P08\)\./);
    expect(explained.stdout).toMatch(/P08: Deadline: profile of 2023[\s\S]*Modelled on Dir 5\(1\) \(read in/);
    const owed = await leix(["duties", "--as", "RS-FIU"]);
    expect(owed.stdout).toMatch(new RegExp(`^${id} +20.* \\+0[12]:00 +answer the request +P08`, "m"));
    expect((await leix(["notices", "--as", "RS-FIU", "--offline"])).stdout).toBe(
      "RS-FIU was told nothing.\n",
    );
  });

  test("corrects what was sent: who holds it erases it, says so, and owes nothing any more", async () => {
    const marked = ["--purpose", "investigation", "--handling", "H0", "--classification", "unclassified"];
    const told = await leixJson<SentJson>([
      ...["send", "--as", "AL-CUSTOMS", "--to", "RS-FIU", "--kind", "notification", ...marked],
      ...["--crime", "drug-trafficking", "--relevance", "It is near.", "--text", "A wrong name."],
    ]);
    expect(told).toMatchObject({ status: "permitted", code: 0 });
    await leix(["inbox", "--as", "RS-FIU"]);
    const corrected = await leixJson<SentJson>([
      ...["send", "--as", "AL-CUSTOMS", "--to", "RS-FIU", "--kind", "correction", "--action", "erase"],
      ...["--re", told.id, ...marked, "--text", "It is another man."],
    ]);
    expect(corrected).toMatchObject({ status: "permitted", code: 0 });
    const duties = () =>
      leix(["duties", "--as", "RS-FIU", "--json"]).then(({ stdout }) => JSON.parse(stdout));
    const isErasure = expect.objectContaining({ duty: "erase", state: "open" });
    expect(await duties()).toContainEqual(isErasure);

    const said = await leix(["acknowledge", "--as", "RS-FIU", told.id, "erased", "--officer", "B. Ilić"]);
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("acknowledged as erased") });
    const read = await leix(["inbox", "--as", "RS-FIU", told.id]);
    expect([read.code, read.stdout]).toEqual([1, expect.stringContaining("[client/erased]")]);
    expect(await duties()).not.toContainEqual(isErasure);
    await leix(["inbox", "--as", "AL-CUSTOMS"]);
    expect((await leix(["outbox", "--as", "AL-CUSTOMS", told.id])).stdout).toMatch(/RS-FIU .*erased 20/);
  });

  test("says why a message is rejected, and exits with 4", async () => {
    const { id } = await leixJson<SentJson>([...request, "first"]);
    const words = ["send", "--as", "AL-CUSTOMS", "--to", "RS-SPOC", "--kind", "acknowledgement", "--re", id];
    const { code, stdout } = await leix([...words, "--status", "read"]);
    expect(code).toBe(4);
    expect(stdout).toMatch(/Rejected, record \d+[\s\S]*What to do: [\s\S]*\[claims\/recipients\]/);
  });

  test("loses nothing without a broker, nor without a decision, and exits with 5", async () => {
    const away = await leix([...request, "later"], { LEIX_NATS_URL: "tls://127.0.0.1:1" });
    expect(away.code).toBe(5);
    expect(away.stdout).toMatch(/Waiting here[\s\S]*Nothing is lost/);
    const waiting = await leix([...request, "soon", "--wait", "0s"]);
    expect(waiting.code).toBe(5);
    expect(waiting.stdout).toMatch(/Received by the exchange, not decided yet/);
    const ids = [away, waiting].map(({ stdout }) => stdout.split(" ")[0] ?? "");
    for (const id of ids) {
      const kept = await leixJson<SentJson>(["explain", "--as", "AL-CUSTOMS", "--offline", id]);
      expect(kept.status).toMatch(/^(stored|received)$/);
    }
    for (const id of ids) {
      const explained = await leixJson<SentJson>(["explain", "--as", "AL-CUSTOMS", "--wait", "5s", id]);
      expect(explained.status).toBe("permitted");
    }
  });

  test.each(["outbox", "thread"])("%s asks the exchange what was decided since", async (command) => {
    const { id } = await leixJson<SentJson>([...request, "soon", "--wait", "0s"]);
    const shown = await leix([
      command,
      "--as",
      "AL-CUSTOMS",
      "--wait",
      "5s",
      ...(command === "thread" ? [id] : []),
    ]);
    expect(shown.stdout).toMatch(new RegExp(`${id} .*permitted`));
  });

  test.each([
    [
      "an agency without a folder here",
      ["inbox", "--as", "ME-SPOC"],
      "config/party-unknown",
      /there are AL-CUSTOMS, AL-SPOC/,
    ],
    ["a path instead of an agency", ["inbox", "--as", "../anchor"], "config/party-unknown", /there are/],
    ["a message that is not here", ["explain", "--as", "AL-CUSTOMS", "ffff"], "client/not-found", /ffff/],
    [
      "a recipient that is not registered",
      ["send", "--as", "AL-CUSTOMS", "--to", "RS-NOBODY", "--text", "x"],
      "client/recipient-unusable",
      /RS-NOBODY/,
    ],
    [
      "more text than a message holds",
      [...request, "x".repeat(120_000), "--caveat", "y".repeat(4_001)],
      "input/too-large",
      /caveat/,
    ],
  ])("%s is an error with what to do, and exit code 1", async (_name, words, code, detail) => {
    const { code: exitCode, stderr, stdout } = await leix(words);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toMatch(detail);
  });
});
