import { toDigest } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { toPolicySet } from "./genesis.testkit.ts";
import { decideOn, startTestLedger, toWord } from "./ledger.testkit.ts";
import { createLayer, toFileKey } from "./state.ts";
import { createWorld, type Sent } from "./world.testkit.ts";

// A set is loaded in several of these, which a busy machine takes its time over.
vi.setConfig({ testTimeout: 60_000 });

describe("a file that would break the engine", () => {
  const name = "P90.cedar";
  const condition = `${"(".repeat(500)}context.domestic${")".repeat(500)}`;
  const source = '@source("x") @link("https://x.example") @confidence("K") @disclosure("sender")';
  const head = `@id("P90") @principle("x") @rule("x") ${source}`;
  const content = `${head} forbid (principal, action, resource) when { ${condition} };`;
  const digest = toDigest(content);

  test("is not recorded, nor is a set that names it, and decisions go on", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const set = toPolicySet(world);
    const files = [...(set.files ?? []), { name, digest }];
    const decided = await ledger.append(
      await world.statement("AL", { kind: "policy-file", subject: digest, name, content }),
      await world.statement("AL", { ...set, version: 2, files }),
      await world.message("RS-SPOC", ["AL-SPOC"]),
    );
    expect(decided.map(toWord)).toEqual(["statement/policy-set", "statement/policy-set", "permitted"]);
    expect(ledger.state.policyFiles.has(toFileKey(name, digest))).toBe(false);
  });

  test("is refused with its set where it was recorded long ago, and decisions go on", async () => {
    const world = createWorld();
    const { state } = await startTestLedger(world);
    const layer = createLayer(state);
    const [[, recorded] = []] = [...state.policyFiles.entries()];
    if (!recorded) throw new Error("the world has no policy file");
    layer.policyFiles.set(toFileKey(name, digest), { ...recorded, name, content });
    const set = toPolicySet(world);
    const files = [...(set.files ?? []), { name, digest }];
    const sent: Sent[] = [
      await world.statement("AL", { ...set, version: 2, files }),
      await world.message("RS-SPOC", ["AL-SPOC"]),
    ];
    const decided = await decideOn(
      world,
      layer,
      sent.map(({ input }) => input),
    );
    expect(decided.map(toWord)).toEqual(["statement/policy-set", "permitted"]);
  });
});
