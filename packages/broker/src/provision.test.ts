import { AccountId } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { compareSettings } from "./provision.ts";
import { STREAM_SIZES_DEFAULT, toWantedConsumers, toWantedStreams } from "./streams.ts";

const streams = new Map(toWantedStreams(STREAM_SIZES_DEFAULT).map((stream) => [stream.name, stream]));

describe("toWantedStreams", () => {
  it("lets no header do anything in OUT", () => {
    const out = streams.get("OUT");
    expect(out).toMatchObject({ retention: "workqueue", discard: "new", discard_new_per_subject: true });
    const features = [
      "allow_atomic",
      "allow_rollup_hdrs",
      "allow_msg_ttl",
      "allow_msg_schedules",
      "allow_batched",
    ];
    for (const name of [...features, "allow_msg_counter", "allow_direct"]) {
      expect((out as Record<string, unknown>)[name] ?? false).toBe(false);
    }
  });

  it.each(["LEDGER", "INBOX", "QUARANTINE"])("takes a subject of %s once", (name) => {
    expect(streams.get(name)).toMatchObject({
      discard: "new",
      discard_new_per_subject: true,
      max_msgs_per_subject: 1,
      max_age: 0,
    });
  });

  it("lets nothing be removed from LEDGER", () => {
    expect(streams.get("LEDGER")).toMatchObject({
      retention: "limits",
      deny_delete: true,
      deny_purge: true,
      max_bytes: -1,
    });
  });
});

describe("toWantedConsumers", () => {
  it("are named by the account and filtered to it", () => {
    const account = AccountId.parse(`A${"B".repeat(55)}`);
    const consumers = toWantedConsumers(account);
    expect(
      consumers.map(({ stream, config }) => [stream, config.durable_name, config.filter_subject]),
    ).toEqual([
      ["OUT", account, `leix.out.${account}`],
      ["INBOX", account, `leix.in.${account}.>`],
    ]);
    for (const { config } of consumers)
      expect(config).toMatchObject({ ack_policy: "explicit", max_deliver: -1 });
  });
});

describe("compareSettings", () => {
  const wanted = { name: "X", subjects: ["a"], deny_delete: true, allow_atomic: false, max_age: 0 };

  it("finds nothing where the server only left out what is false or zero", () => {
    expect(
      compareSettings("stream X", wanted, { name: "X", subjects: ["a"], deny_delete: true, more: 1 }),
    ).toEqual([]);
  });

  it("names each setting that differs", () => {
    const actual = { name: "X", subjects: ["a", "b"], allow_atomic: true };
    expect(compareSettings("stream X", wanted, actual)).toEqual([
      { of: "stream X", setting: "subjects", wanted: ["a"], actual: ["a", "b"] },
      { of: "stream X", setting: "deny_delete", wanted: true, actual: undefined },
      { of: "stream X", setting: "allow_atomic", wanted: false, actual: true },
    ]);
  });

  it("says that it does not exist", () => {
    expect(compareSettings("stream X", wanted, undefined)).toEqual([
      { of: "stream X", setting: "exists", wanted: true, actual: undefined },
    ]);
  });
});
