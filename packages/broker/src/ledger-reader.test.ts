import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { afterEach, describe, expect, it, vi } from "vitest";
import { checkStillThere, ledgerEnds, ledgerHead, readLedger } from "./ledger-reader.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** What nats-server answers to a direct batch get: messages, then a status. */
type Answer =
  | { sequence: number; batch?: { id: string; commit?: boolean }; data?: string; subject?: string }
  | { status: number; pending?: number };

function toMessage(answer: Answer): Msg {
  const fields = headers("status" in answer ? answer.status : 0, "status" in answer ? "said" : "");
  if ("status" in answer) {
    fields.set("Nats-Num-Pending", String(answer.pending ?? 0));
  } else {
    if (answer.batch) fields.set("Nats-Batch-Id", answer.batch.id);
    if (answer.batch?.commit) fields.set("Nats-Batch-Commit", "1");
    // A message that was stored with a header of the server's does not mislead: the server's own comes last.
    fields.append("Nats-Sequence", "999");
    fields.append("Nats-Sequence", String(answer.sequence));
    fields.set("Nats-Subject", answer.subject ?? `leix.ledger.event.${answer.sequence}`);
  }
  const data = "status" in answer ? "" : (answer.data ?? `data ${answer.sequence}`);
  return { headers: fields, data: new TextEncoder().encode(data) } as Msg;
}

/** A connection whose server gives these answers, one list a question, and keeps the questions. */
function toConnection(...answers: Answer[][]): { nc: NatsConnection; asked: number[] } {
  const asked: number[] = [];
  const requestMany = async (_subject: string, question: string): Promise<Iterable<Msg>> => {
    asked.push((JSON.parse(question) as { seq: number }).seq);
    const answer = answers.shift();
    if (answer === undefined) throw new Error("one question too many");
    return answer.map(toMessage);
  };
  return { nc: { requestMany } as unknown as NatsConnection, asked };
}

async function read(nc: NatsConnection, from: number): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of readLedger(nc, from)) sequences.push(sequence);
  return sequences;
}

describe("readLedger", () => {
  it("asks on until nothing is pending", async () => {
    const { nc, asked } = toConnection(
      [{ sequence: 1 }, { sequence: 2 }, { status: 204, pending: 1 }],
      [{ sequence: 3 }, { status: 204, pending: 0 }],
    );
    expect(await read(nc, 1)).toEqual([1, 2, 3]);
    expect(asked).toEqual([1, 3]);
  });

  it("ends where there is nothing", async () => {
    expect(await read(toConnection([{ status: 404 }]).nc, 7)).toEqual([]);
  });

  it("waits for the end of a batch that is being stored", async () => {
    const [open, end] = [{ id: "b" }, { id: "b", commit: true }];
    const partial: Answer[] = [{ sequence: 1 }, { sequence: 2, batch: open }, { sequence: 3, batch: open }];
    const rest: Answer[] = [{ sequence: 4, batch: end }, { status: 204 }];
    const { nc, asked } = toConnection([...partial, { status: 204 }], [{ status: 404 }], rest);
    expect(await read(nc, 1)).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual([1, 4, 4]);
  });

  it("waits for what another server has announced", async () => {
    const { nc } = toConnection(
      [{ sequence: 1 }, { status: 204, pending: 1 }],
      [{ status: 404 }],
      [{ sequence: 2 }, { status: 204 }],
    );
    expect(await read(nc, 1)).toEqual([1, 2]);
  });

  it.each([
    ["the end of a batch", [{ sequence: 1 }, { sequence: 2, batch: { id: "b" } }, { status: 204 }]],
    ["what the server counts", [{ sequence: 1 }, { status: 204, pending: 1 }]],
  ] satisfies [string, Answer[]][])(
    "does not wait for ever for %s, and gives no part of it",
    async (_what, answers) => {
      vi.useFakeTimers();
      const given: number[] = [];
      const reading = (async () => {
        const { nc } = toConnection(
          answers,
          ...Array.from({ length: 10_000 }, (): Answer[] => [{ status: 404 }]),
        );
        for await (const { sequence } of readLedger(nc, 1)) given.push(sequence);
      })().catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await reading).toMatchObject({ code: "ledger/rolled-back" });
      expect(given).toEqual([1]);
    },
  );

  it.each([
    ["at the start", [{ sequence: 6 }, { status: 204 }]],
    ["within", [{ sequence: 5 }, { sequence: 7 }, { status: 204 }]],
    ["by repetition", [{ sequence: 5 }, { sequence: 5 }, { status: 204 }]],
  ] satisfies [string, Answer[]][])("throws where a sequence is missing %s", async (_where, answers) => {
    await expect(read(toConnection(answers).nc, 5)).rejects.toMatchObject({ code: "ledger/rolled-back" });
  });

  it.each([
    ["is cut short", [{ sequence: 1 }]],
    ["is empty", []],
    ["is an error", [{ status: 408 }]],
  ] satisfies [string, Answer[]][])("says that there was no answer where it %s", async (_how, answers) => {
    await expect(read(toConnection(answers).nc, 1)).rejects.toMatchObject({ code: "broker/no-answer" });
  });

  it("stops at once when it is cut off", async () => {
    const controller = new AbortController();
    controller.abort();
    const reading = readLedger(
      toConnection([{ sequence: 1 }, { status: 204 }]).nc,
      1,
      controller.signal,
    ).next();
    await expect(reading).rejects.toMatchObject({ code: "broker/no-answer" });
  });
});

describe("ledgerHead", () => {
  it("counts what is pending after the first", async () => {
    expect(await ledgerHead(toConnection([{ sequence: 1 }, { status: 204, pending: 41 }]).nc)).toBe(42);
    expect(await ledgerHead(toConnection([{ status: 404 }]).nc)).toBe(0);
  });
});

describe("ledgerEnds", () => {
  it("begins with the first message, or with a seal", async () => {
    const ends = (...answers: Answer[]) => ledgerEnds(toConnection(answers).nc);
    expect(await ends({ sequence: 1 }, { status: 204, pending: 4 })).toEqual({ first: 1, last: 5 });
    expect(await ends({ status: 404 })).toEqual({ first: 1, last: 0 });
    const seal = { sequence: 7, subject: "leix.ledger.seal.2" };
    expect(await ends(seal, { status: 204, pending: 4 })).toEqual({ first: 7, last: 11 });
  });

  it.each(["leix.ledger.seal.0", "leix.ledger.seal.2.3", "leix.ledger.event.7", "leix.ledger.seal"])(
    "is rolled back where it begins with %s",
    async (subject) => {
      const { nc } = toConnection([{ sequence: 7, subject }, { status: 204 }]);
      await expect(ledgerEnds(nc)).rejects.toMatchObject({ code: "ledger/rolled-back" });
    },
  );
});

describe("checkStillThere", () => {
  const data = new TextEncoder().encode("data 5");

  it("is content where the message is as it was", async () => {
    await checkStillThere(toConnection([{ sequence: 5 }, { status: 204 }]).nc, { sequence: 5, data });
    await checkStillThere(toConnection([{ sequence: 5, data: "other" }, { status: 204 }]).nc, {
      sequence: 5,
    });
    await checkStillThere(toConnection().nc, { sequence: 0 });
  });

  it("is content where the message was put away by the seal after it", async () => {
    const seal = { sequence: 6, subject: "leix.ledger.seal.1" };
    await checkStillThere(toConnection([seal, { status: 204 }]).nc, { sequence: 5, data });
  });

  it("asks again where a server of the cluster may only be behind", async () => {
    const { nc } = toConnection([{ status: 404 }], [{ status: 404 }], [{ sequence: 5 }, { status: 204 }]);
    await checkStillThere(nc, { sequence: 5, data });
  });

  it.each([
    ["is gone", [{ status: 404 }]],
    ["is gone and others are not", [{ sequence: 6 }, { status: 204 }]],
    ["is another", [{ sequence: 5, data: "other" }, { status: 204 }]],
  ] satisfies [string, Answer[]][])("throws where it %s", async (_how, answers) => {
    vi.useFakeTimers();
    const { nc } = toConnection(...Array.from({ length: 10_000 }, () => answers));
    const checking = checkStillThere(nc, { sequence: 5, data }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await checking).toMatchObject({ code: "ledger/rolled-back" });
  });
});
