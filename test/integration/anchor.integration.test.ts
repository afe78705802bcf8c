import { join } from "node:path";
import { createPlan, loadSigningKey, parsePlan } from "@leix/runtime";
import { createRequest, runLeix, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

interface Health {
  readonly problems: readonly string[];
}

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({ countries: ["AL", "RS"] }),
    agencies: ["RS-FIU", "AL-SPOC"],
  });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const leix = (...words: string[]) => runLeix(exchange, words);
const ask = () => exchange.node("RS-FIU").send(createRequest(["AL-SPOC"], "Who owns the lorry?"));

test("the anchor changes a country's point of contact and zone, and what follows from them", async () => {
  expect((await ask()).claims.copies).toEqual(["RS-SPOC"]);
  const words = ["--spoc", "RS-FIU", "--zone", "Europe/Skopje", "--languages", "sr,en"];
  const changed = await leix("anchor", "authority", "RS", ...words, "--json");
  expect(changed.json).toMatchObject({
    party: "anchor",
    statements: [{ kind: "authority", subject: "RS", version: 2, result: "recorded" }],
  });
  expect((await ask()).claims.copies).toEqual([]);
  const { members } = (await leix("authority", "show", "--as", "anchor", "--json")).json as {
    members: { id: string }[];
  };
  expect(members.find(({ id }) => id === "RS")).toMatchObject({
    ...{ zone: "Europe/Skopje", spoc: "RS-FIU", languages: ["sr", "en"], version: 2 },
  });
});

test("an unknown time zone is refused, here and when a network is made", async () => {
  expect((await leix("anchor", "authority", "RS", "--zone", "Europe/Atlantis")).code).toBe("config/invalid");
  const sample = createPlan();
  const authorities = sample.authorities.map((one) => ({ ...one, zone: "Europe/Atlantis" }));
  expect(() => parsePlan({ ...sample, authorities })).toThrow(
    expect.objectContaining({
      code: "config/invalid",
      detail: expect.stringContaining("AL: Europe/Atlantis"),
    }),
  );
  expect((await leix("anchor", "authority", "RS", "--spoc", "RS-NOBODY")).code).toBe("statement/subject");
  expect((await leix("anchor", "authority", "XX", "--zone", "Europe/Skopje")).code).toBe("statement/subject");
});

test("the policy service gets a new key, and its old one ends, with no message lost", async () => {
  const folder = exchange.folderOf("policy");
  const old = (await loadSigningKey(folder)).kid;
  const file = join(exchange.dir, "key.json");
  const made = await leix("network", "service-key", "policy", "--out", file);
  const [kid = ""] = made.stdout.split("\n");
  const both = await leix("anchor", "service", "policy", "--add-key", file, "--withdraw-key", old);
  expect(both.code).toBe("statement/no-keys");
  const added = await leix("anchor", "service", "policy", "--add-key", file, "--json");
  expect(added.json).toMatchObject({ statements: [{ kind: "service", version: 1, result: "recorded" }] });
  expect((await ask()).decision?.jws.header.kid).toBe(old);

  expect((await leix("network", "service-key", "policy", "--install")).stdout).toContain(kid);
  await exchange.running.service("policy").kill();
  expect((await ask()).decision?.jws.header.kid).toBe(kid);
  const withdrawn = await leix("anchor", "service", "policy", "--withdraw-key", old, "--json");
  expect(withdrawn.json).toMatchObject({ statements: [{ version: 2, result: "recorded" }] });
  const { status, decision } = await ask();
  expect([status, decision?.jws.header.kid]).toEqual(["permitted", kid]);
  const { checked, ledger, mismatches } = await exchange.audit();
  expect([checked, mismatches]).toEqual([ledger, 0]);
});

test("what is no new key, or no key of the service, is refused", async () => {
  const file = join(exchange.dir, "network.json");
  expect((await leix("anchor", "service", "ledger", "--add-key", file)).code).toBe("config/invalid");
  const stranger = await leix("anchor", "service", "ledger", "--withdraw-key", "A".repeat(43));
  expect(stranger.code).toBe("statement/subject");
  expect((await leix("network", "service-key", "ledger", "--install")).code).toBe("config/invalid");
});

test("a policy service whose key was withdrawn under it says so until it has the new one", async () => {
  const policy = exchange.running.service("policy");
  const listProblems = async () => ((await (await fetch(policy.health)).json()) as Health).problems;
  const old = (await loadSigningKey(exchange.folderOf("policy"))).kid;
  const file = join(exchange.dir, "next-key.json");
  await leix("network", "service-key", "policy", "--out", file);
  await leix("anchor", "service", "policy", "--add-key", file);
  expect(await listProblems()).toEqual([]);
  await leix("anchor", "service", "policy", "--withdraw-key", old);
  await vi.waitFor(async () => expect((await listProblems()).join()).toContain("jws/key-unknown"), 10_000);
  await leix("network", "service-key", "policy", "--install");
  expect((await listProblems()).join()).toContain("jws/key-unknown");
  await policy.kill();
  expect((await ask()).status).toBe("permitted");
  expect(await listProblems()).toEqual([]);
});
