import { expect, test, vi } from "vitest";
import { createScene } from "./scene.testkit.ts";
import { NOW } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

/** A message, and what its sender made of it. */
async function start() {
  const { send, reply, queries } = await createScene();
  const { ref } = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
  const made = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification", derivedFrom: [ref] });
  const correct = async (action: string) => {
    const sent = await reply("AL-SPOC", ["RS-SPOC"], "correction", ref, { action });
    return { ref: sent.ref, action };
  };
  const list = (of = ref) => queries.message(of)?.corrections();
  return { send, reply, ref, made: made.ref, correct, list };
}

test("a correction is known of the message and of what was made of it, before and after", async () => {
  const { send, correct, list, ref, made } = await start();
  expect([list(), list(made)]).toEqual([[], []]);
  const correction = await correct("rectify");
  expect([list(), list(made)]).toEqual([[correction], [correction]]);
  expect(list(correction.ref)).toEqual([]);
  const later = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification", derivedFrom: [ref] });
  expect(list(later.ref)).toEqual([correction]);
});

test("the last correction holds, but what is erased stays so", async () => {
  const { correct, list } = await start();
  await correct("restrict");
  const rectified = await correct("rectify");
  expect(list()).toEqual([rectified]);
  const erased = await correct("erase");
  await correct("rectify");
  expect(list()).toEqual([erased]);
});

test("a correction that is denied, or another agency's, corrects nothing", async () => {
  const { reply, list, ref } = await start();
  await reply("RS-SPOC", ["AL-SPOC"], "correction", ref, { action: "erase" }, NOW, "denied");
  const secret = { action: "erase", classification: "secret" };
  await reply("AL-SPOC", ["RS-SPOC"], "correction", ref, secret, NOW, "denied");
  expect(list()).toEqual([]);
});
