import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createRequest,
  runLeix,
  startLeix,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({ countries: ["AL", "RS"] }),
    agencies: ["AL-CUSTOMS", "RS-FIU"],
  });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const leix = (...words: string[]) => runLeix(exchange, words);

describe("an authority", () => {
  test("is told who is a member, and what its own agencies are cleared for", async () => {
    const { json, exitCode } = await leix("authority", "show", "--as", "AL", "--json");
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ party: "AL", policySet: { version: 1 }, outgoing: [] });
    const { members } = json as { members: { id: string; status: string; clearance?: string }[] };
    expect(members.map(({ id, clearance }) => [id, clearance])).toEqual([
      ["AL", undefined],
      ["AL-CUSTOMS", "restricted"],
      ["AL-SPOC", "confidential"],
      ["RS", undefined],
      ["RS-FIU", undefined],
      ["RS-SPOC", undefined],
      ["ledger", undefined],
      ["registry", undefined],
    ]);
    const text = await leix("authority", "show", "--as", "AL", "--offline");
    expect(text.stdout).toMatch(/AL-CUSTOMS +active +version 1 +customs, designated, cleared restricted/);
  });

  test("suspends an agency, which is refused from then on, and reinstates it", async () => {
    const suspended = await leix("authority", "suspend", "AL-CUSTOMS", "--json");
    expect(suspended.json).toMatchObject({
      party: "AL",
      statements: [{ kind: "agency", subject: "AL-CUSTOMS", version: 2, result: "recorded" }],
    });
    const denied = await exchange.node("RS-FIU").send(createRequest(["AL-CUSTOMS"], "to a suspended one"));
    expect(denied.decision?.recipients).toMatchObject([
      { agency: "AL-CUSTOMS", effect: "deny", reasons: ["P01"] },
      { effect: "permit" },
      { effect: "permit" },
    ]);
    const reinstated = await leix("authority", "reinstate", "AL-CUSTOMS");
    expect(reinstated.stdout).toMatch(/^agency AL-CUSTOMS, version 3: recorded at index [0-9]+\.\n$/);
    const sent = await exchange.node("RS-FIU").send(createRequest(["AL-CUSTOMS"], "to an active one"));
    expect(sent.status).toBe("permitted");
    await exchange.node("AL-CUSTOMS").untilReceived(sent.ref);
  });

  test("cannot speak of another country's agency, or of what is none", async () => {
    expect((await leix("authority", "suspend", "MK-SPOC")).code).toBe("config/party-unknown");
    expect((await leix("authority", "suspend", "AL-NOBODY")).code).toBe("statement/subject");
    expect((await leix("authority", "clear", "nobody", "secret")).code).toBe("command/arguments");
  });

  test("signs offline by what it kept, and publishes from the file, twice to one effect", async () => {
    const file = join(exchange.dir, "carried.jsonl");
    const signed = await leix("authority", "clear", "AL-CUSTOMS", "confidential", "--out", file, "--json");
    expect(signed.json).toMatchObject({ statements: [{ kind: "clearance", version: 2, result: "signed" }] });
    const again = await leix("authority", "clear", "AL-CUSTOMS", "restricted", "--offline", "--json");
    expect(again.json).toMatchObject({ statements: [{ kind: "clearance", version: 3, result: "signed" }] });
    const published = await leix("authority", "publish", file, "--as", "AL", "--json");
    expect(published.json).toMatchObject({ statements: [{ version: 2, result: "recorded" }] });
    const repeated = await leix("authority", "publish", file, "--as", "AL", "--json");
    expect(repeated.json).toEqual(published.json);
    const rest = await leix("authority", "publish", "--as", "AL", "--json");
    expect(rest.json).toMatchObject({ statements: [{ version: 3, result: "recorded" }] });
    expect((await leix("authority", "publish", "--as", "AL")).stdout).toBe(
      "Nothing waits to be published.\n",
    );
  });

  test("signs nothing where the file is there already, and takes back what was not published", async () => {
    const file = join(exchange.dir, "carried.jsonl");
    const signed = ["authority", "clear", "AL-CUSTOMS", "confidential", "--out", file] as const;
    const outgoing = () => readdir(join(exchange.folderOf("AL"), "outgoing"));
    expect((await leix(...signed)).code).toBe("config/invalid");
    expect(await outgoing()).toEqual([]);
    await leix("authority", "clear", "AL-CUSTOMS", "confidential", "--offline");
    const dropped = await leix("authority", "publish", "--as", "AL", "--drop");
    expect(dropped.stdout).toBe("clearance AL-CUSTOMS, version 4: taken back.\n");
    expect(await outgoing()).toEqual([]);
  });

  test("changes what an agency is competent for, which is asked of its next message", async () => {
    const invite = ["authority", "invite", "AL-CUSTOMS", "--crimes", "computer-crime"] as const;
    const refused = await leix(...invite, "--out", join(exchange.dir, "invitation.json"));
    expect(refused.code).toBe("command/arguments");
    expect((await leix("authority", "change", "AL-CUSTOMS")).code).toBe("command/arguments");
    expect((await leix("authority", "change", "AL-CUSTOMS", "--crimes", "parking")).code).toBe(
      "command/arguments",
    );
    const limited = await leix("authority", "change", "AL-CUSTOMS", "--crimes", "computer-crime", "--json");
    expect(limited.json).toMatchObject({ statements: [{ kind: "agency", version: 4, result: "recorded" }] });
    const outside = await exchange.node("RS-FIU").send(createRequest(["AL-CUSTOMS"], "outside its crimes"));
    const reasons = outside.decision?.recipients.map(({ agency, ...one }) => [agency, one.reasons]);
    expect(reasons).toContainEqual(["AL-CUSTOMS", ["P01.crime"]]);
    const freed = await leix("authority", "change", "AL-CUSTOMS", "--crimes", "all", "--json");
    expect(freed.json).toMatchObject({ statements: [{ version: 5, result: "recorded" }] });
    const inside = await exchange.node("RS-FIU").send(createRequest(["AL-CUSTOMS"], "inside them again"));
    expect(inside.status).toBe("permitted");
  });

  test("publishes first what waits about the same subject: an urgent word is not refused", async () => {
    await leix("authority", "clear", "AL-CUSTOMS", "confidential", "--offline");
    const spoken = await leix("authority", "clear", "AL-CUSTOMS", "restricted", "--json");
    expect(spoken.json).toMatchObject({
      statements: [
        { version: 4, result: "recorded" },
        { version: 5, result: "recorded" },
      ],
    });
  });

  test("is told the code of a refusal, and may not publish what another has signed", async () => {
    const file = join(exchange.dir, "foreign.jsonl");
    const clear = ["authority", "clear", "RS-FIU", "confidential", "--out", file] as const;
    expect((await leix(...clear)).code).toBe("config/invalid");
    expect((await leix("authority", "show", "--as", "RS")).exitCode).toBe(0);
    expect((await leix(...clear)).exitCode).toBe(0);
    const refused = await leix("authority", "publish", file, "--as", "AL", "--json");
    expect(refused.stderr).toBe("");
    expect(refused.exitCode).toBe(1);
    expect(refused.json).toMatchObject({
      statements: [{ result: "refused", code: "identity/issuer-not-account" }],
    });
    expect(await readdir(join(exchange.folderOf("AL"), "outgoing"))).toEqual([]);
    expect((await leix("authority", "publish", "--as", "RS", "--json")).json).toMatchObject({
      statements: [{ kind: "clearance", subject: "RS-FIU", result: "recorded" }],
    });
  });

  test("completes what a killed command has published but not seen answered", async () => {
    const policy = exchange.running.service("policy");
    policy.pause();
    const before = await exchange.countMessages("out");
    const killed = await startLeix(
      exchange,
      ["authority", "suspend", "RS-FIU"],
      join(exchange.dir, "log", "killed.log"),
    );
    await waitUntil("it is published", async () => (await exchange.countMessages("out")) > before);
    await killed.kill();
    policy.resume();
    expect(await readdir(join(exchange.folderOf("RS"), "outgoing"))).toEqual(["0001-agency-RS-FIU-2.json"]);
    const completed = await leix("authority", "publish", "--as", "RS", "--json");
    expect(completed.json).toMatchObject({
      statements: [{ kind: "agency", subject: "RS-FIU", version: 2, result: "recorded" }],
    });
    expect(await readdir(join(exchange.folderOf("RS"), "outgoing"))).toEqual([]);
    const versions = (await exchange.records()).flatMap((record) =>
      record.kind === "statement" &&
      record.statement.subject === "RS-FIU" &&
      record.statement.kind === "agency"
        ? [record.statement.version]
        : [],
    );
    expect(versions).toEqual([1, 2]);
    await leix("authority", "reinstate", "RS-FIU");
  });

  test("leaves a ledger that decides the same again", async () => {
    expect(await checkExactlyOnce(exchange)).toEqual([]);
  });
});
