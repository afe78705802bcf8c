import type { Entry } from "@leix/exchange";
import {
  createWorld,
  forgeRecord,
  startTestLedger,
  toAccount,
  toAgency,
  toRegisteredKey,
} from "@leix/exchange/testkit";
import { invariant } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { collect, startSignedLedger } from "./evidence.testkit.ts";
import { encodeEvidence } from "./evidence.ts";
import { verifyEvidence } from "./verify-evidence.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe("a policy service that records what it should not", () => {
  /** A ledger whose next record is forged of the entry that an honest one would be. */
  async function forge(
    changes: { key?: "spare"; withdrawn?: boolean },
    change: (entry: Extract<Entry, { kind: "message" }>) => Entry = (entry) => entry,
  ): Promise<[string, string]> {
    const own = await startSignedLedger();
    const { world } = own;
    const clear = { classification: "unclassified" };
    const honest = await startTestLedger(createWorld());
    const like = await honest.world.message("AL-CUSTOMS", ["RS-FIU"], clear);
    const [decided] = await honest.append(like);
    invariant(decided?.kind === "record" && decided.entry.kind === "message", "it is decided");
    if (changes.withdrawn) {
      const keys = [toRegisteredKey("spare-p256")];
      await own.append(await world.statement("AL", toAgency("AL-CUSTOMS", { version: 2, keys })));
    }
    const id = like.ref.id;
    const sent = await world.message(
      ...([
        "AL-CUSTOMS",
        ["RS-FIU"],
        { ...clear, id, thread: id },
        changes.key ? { key: changes.key } : {},
      ] as const),
    );
    const { verdict } = decided.entry;
    const markings = { ...verdict.markings, origins: [sent.ref] };
    const entry = change({
      ...decided.entry,
      index: own.records.length,
      ref: sent.ref,
      input: { ...decided.entry.input, digest: sent.ref.digest },
      verdict: { ...verdict, markings },
    });
    own.records.push(await forgeRecord(own, entry, sent.jws));
    const found = await verifyEvidence(encodeEvidence(await collect(own, id)), world.trust);
    return found.isProven ? ["nothing", ""] : [found.part, found.code];
  }

  test("nothing wrong: it is proven", async () => {
    expect(await forge({})).toEqual(["nothing", ""]);
  });

  test("a message under a key that was withdrawn, or is nobody's", async () => {
    expect(await forge({ withdrawn: true })).toEqual(["message.record", "jws/key-not-valid"]);
    expect(await forge({ key: "spare" })).toEqual(["message.record", "jws/key-unknown"]);
  });

  test("a denial where the rules permit, other reasons, a fact that no rule reads", async () => {
    const deny = await forge({}, (entry) => {
      const recipients = entry.verdict.recipients.map((one) => ({ ...one, effect: "deny" as const }));
      return { ...entry, verdict: { ...entry.verdict, outcome: "denied", recipients } };
    });
    expect(deny).toEqual(["message.record", "record/decided-otherwise"]);
    const told = await forge({}, (entry) => {
      const grounds = entry.verdict.grounds.map((one) => ({ ...one, checked: one.checked.slice(1) }));
      return { ...entry, verdict: { ...entry.verdict, grounds } };
    });
    expect(told).toEqual(["message.record", "record/decided-otherwise"]);
    const unread = await forge({}, (entry) => {
      const grounds = entry.verdict.grounds.map((one) => ({
        ...one,
        facts: { ...one.facts, anything: true },
      }));
      return { ...entry, verdict: { ...entry.verdict, grounds } };
    });
    expect(unread).toEqual(["message.record", "record/decided-otherwise"]);
  });

  test("through the account of another party", async () => {
    const account = await forge({}, (entry) => {
      const { input } = entry;
      return {
        ...entry,
        input: { ...input, account: toAccount("AL-SPOC") },
      };
    });
    expect(account).toEqual(["message.record", "identity/issuer-not-account"]);
  });
});
