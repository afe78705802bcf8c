import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadPartyFolder } from "@leix/runtime";
import { SEEN_FILE } from "@leix/seen-ledger";
import { type RecordedNetwork, startRecordedNetwork } from "@leix/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditorEvents } from "./events.ts";
import { openAuditor } from "./open-auditor.ts";

let net: RecordedNetwork;
beforeEach(async () => {
  net = await startRecordedNetwork();
});
afterEach(() => net[Symbol.asyncDispose]());

/** An auditor in this process, and what it said. */
async function runAuditor() {
  const said: string[] = [];
  const heard = new Map<string, () => void>();
  const say = (text: string): void => {
    said.push(text);
    heard.get(text)?.();
  };
  const events: AuditorEvents = {
    started: (records, seen) => say(`started ${records} ${seen}`),
    caughtUp: (index) => say(`caught up ${index}`),
    audited: (index) => say(`audited ${index}`),
    differs: (index, code) => say(`differs ${index} ${code}`),
    stopped: (index, code) => say(`stopped ${index} ${code}`),
    waiting: () => undefined,
    forgetful: () => say("forgetful"),
    connection: ({ kind }) => say(kind),
  };
  const controller = new AbortController();
  const auditor = await openAuditor(
    await loadPartyFolder(net.folderOf("auditor")),
    events,
    controller.signal,
  );
  const ended = auditor.run(controller.signal);
  return {
    said,
    problems: () => auditor.problems(),
    until(text: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (said.includes(text)) resolve();
      heard.set(text, resolve);
      return promise;
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await ended;
    },
  };
}

describe("over a real broker", () => {
  it("audits what is there and what comes, over a restart of the broker and of itself", async () => {
    await net.recordGenesis();
    const count = net.state.head.index;
    {
      await using auditor = await runAuditor();
      await auditor.until(`caught up ${count}`);
      await net.recordRejections(1);
      await auditor.until(`audited ${count + 1}`);
      const away = auditor.until("disconnected");
      await net.stopBroker();
      await away;
      expect(auditor.problems()).toEqual([expect.stringMatching(/no connection/)]);
      const back = auditor.until("reconnected");
      await net.startBroker();
      await back;
      await net.recordRejections(1);
      await auditor.until(`audited ${count + 2}`);
      expect(auditor.problems()).toEqual([]);
      expect(auditor.said.filter((text) => /^(differs|stopped)/.test(text))).toEqual([]);
    }
    const kept = JSON.parse(await readFile(join(net.folderOf("auditor"), SEEN_FILE), "utf8"));
    expect(kept).toMatchObject({ v: 1, records: count + 2, digest: net.state.head.prev });
    await using again = await runAuditor();
    await again.until(`caught up ${count + 2}`);
    expect(again.said[0]).toBe(`started ${count + 2} ${count + 2}`);
  });

  it("stops where LEDGER was put back, while it runs and at its next start", async () => {
    await net.recordGenesis();
    const count = net.state.head.index;
    {
      await using auditor = await runAuditor();
      await auditor.until(`caught up ${count}`);
      const stopped = auditor.until(`stopped ${count} ledger/rolled-back`);
      await net.stopBroker("all");
      await net.startBroker();
      await stopped;
      expect(auditor.problems()).toEqual([`audit stopped at record ${count}: ledger/rolled-back`]);
    }
    await using again = await runAuditor();
    await again.until("stopped 0 ledger/rolled-back");
    expect(again.problems()).toHaveLength(1);
  });
});
