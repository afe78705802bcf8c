import { LeixError } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import { createNotification, runLeix, startTestExchange, type TestExchange, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

/** All of them in the forum; one is not cleared for what another may have. */
const MEMBERS = ["AL-SPOC", "RS-SPOC", "ME-SPOC", "RS-FIU"] as const;
const FORUM = "AL+forum";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({ countries: ["AL", "RS", "ME"] }),
    agencies: [...MEMBERS, "AL-CUSTOMS"],
  });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const leix = (...words: string[]) => runLeix(exchange, words);
const tell = (changes: object) => createNotification([], "A new route.", { group: FORUM, ...changes });
const outcomesOf = (decision: { recipients: readonly { agency: string; effect: string }[] } | undefined) =>
  decision?.recipients.map(({ agency, effect }) => [agency, effect]);

test("an authority makes a group of any country's agencies, in versions; nobody else may", async () => {
  const words = ["--name", "Customs forum", "--members", MEMBERS.slice(0, 3).join(",")];
  const made = await leix("group", "set", FORUM, ...words, "--json");
  expect(made.json).toMatchObject({ statements: [{ kind: "group", version: 1, result: "recorded" }] });
  const changed = await leix("group", "set", FORUM, "--members", MEMBERS.join(","), "--json");
  expect(changed.json).toMatchObject({ statements: [{ version: 2, result: "recorded" }] });
  const shown = await leix("group", "show", "--as", "RS");
  expect(shown.stdout).toBe(`${FORUM}  version 2  ${MEMBERS.join(", ")}  Customs forum\n`);
  expect((await leix("group", "set", "AL+other", "--members", "AL-SPOC,RS-SPOC")).code).toBe(
    "statement/subject",
  );
  const stranger = await leix("group", "set", "AL+other", "--name", "x", "--members", "AL-SPOC,AL-NOBODY");
  expect(stranger.code).toBe("statement/subject");
});

test("a message to it is decided for each member: one is denied by a rule, the others get it", async () => {
  const sent = await exchange.node("AL-SPOC").send(tell({ classification: "confidential" }));
  expect(sent.claims).toMatchObject({ group: { id: FORUM, version: 2 }, copies: [] });
  expect(outcomesOf(sent.decision)).toEqual([
    ["RS-SPOC", "permit"],
    ["ME-SPOC", "permit"],
    ["RS-FIU", "deny"],
  ]);
  for (const agency of ["RS-SPOC", "ME-SPOC"]) {
    const received = await exchange.node(agency).untilReceived(sent.ref);
    expect(received.status).toBe("accepted");
    expect(await exchange.node(agency).readText(sent.ref)).toBe("A new route.");
  }
  const all = await exchange.node("AL-SPOC").send(tell({}));
  await exchange.node("RS-FIU").untilReceived(all.ref);
  expect(
    exchange
      .node("RS-FIU")
      .node.archive.listReceived()
      .map(({ ref }) => ref.id),
  ).toEqual([all.ref.id]);
});

test("each copy carries its recipient's own key entry only", async () => {
  await exchange.stopNode("ME-SPOC");
  const wire = await exchange.wire("ME-SPOC");
  const sent = await exchange.node("RS-SPOC").send(tell({}));
  const { copy } = await wire.untilCopied(sent.ref.id);
  expect(copy.body?.recipients).toHaveLength(1);
  expect(sent.claims.body?.recipients).toHaveLength(3);
});

test("from the command line: by its name, with words for what stands in the way", async () => {
  await exchange.stopNode("RS-SPOC");
  const words = [
    "--purpose",
    "investigation",
    "--crime",
    "drug-trafficking",
    "--relevance",
    "A case of yours.",
  ];
  const marked = ["--handling", "H1", "--classification", "restricted", "--text", "Once more."];
  const notify = ["send", "--kind", "notification", ...words, ...marked, "--group", FORUM] as const;
  const sent = await leix(...notify, "--as", "RS-SPOC");
  expect(sent.stdout).toContain(`notification to ${FORUM}, version 2: AL-SPOC, ME-SPOC, RS-FIU`);
  expect(sent.exitCode).toBe(0);
  await exchange.stopNode("AL-CUSTOMS");
  expect((await leix(...notify, "--as", "AL-CUSTOMS")).code).toBe("claims/group-unknown");
  expect((await leix(...notify, "--as", "RS-SPOC", "--to", "AL-CUSTOMS")).code).toBe("claims/group-members");
  const nobody = await leix("send", "--kind", "notification", ...words, ...marked, "--as", "RS-SPOC");
  expect(nobody.code).toBe("command/arguments");
});

test("who was suspended is left out; a version no longer in force is refused, and told so", async () => {
  await leix("authority", "suspend", "RS-FIU");
  const without = await exchange.node("AL-SPOC").send(tell({}));
  expect(outcomesOf(without.decision)?.map(([agency]) => agency)).toEqual(["RS-SPOC", "ME-SPOC"]);
  // The registry sleeps: the node's membership is behind the ledger.
  const registry = exchange.running.service("registry");
  const ended = await leix("group", "end", FORUM, "--offline", "--json");
  expect(ended.json).toMatchObject({ statements: [{ version: 3, result: "signed" }] });
  registry.pause();
  await leix("authority", "publish", "--as", "AL");
  const late = await exchange.node("AL-SPOC").send(tell({}));
  registry.resume();
  expect(late).toMatchObject({ status: "rejected", problem: { code: "claims/group-unknown" } });
  await waitUntil("the node to know it", () =>
    exchange
      .node("AL-SPOC")
      .send(tell({}))
      .then(
        () => false,
        (error: unknown) => error instanceof LeixError && error.code === "claims/group-unknown",
      ),
  );
});

test("all of it is decided again the same", async () => {
  const { checked, ledger, mismatches } = await exchange.audit();
  expect([checked, mismatches]).toEqual([ledger, 0]);
});
