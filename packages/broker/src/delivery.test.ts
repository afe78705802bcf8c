import type { Msg } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { parseAckSubject, toDelivery } from "./delivery.ts";

const ACK = "$JS.ACK.OUT.AXYZ.3.1042.77.1795293847567912346.5";

describe("parseAckSubject", () => {
  it("reads the first form", () => {
    expect(parseAckSubject(ACK)).toEqual({
      stream: "OUT",
      consumer: "AXYZ",
      deliveries: 3,
      sequence: 1042,
      storedMs: 1_795_293_847_567,
    });
  });

  it.each([
    undefined,
    "",
    "_INBOX.x",
    "$JS.ACK.OUT.AXYZ.3.1042.77.5",
    "$JS.ACK.OUT.AXYZ.x.1042.77.1795293847567912346.5",
    "$JS.ACK._.hash.OUT.AXYZ.3.1042.77.1795293847567912346.5.x",
  ])("is null for %j", (subject) => {
    expect(parseAckSubject(subject)).toBeNull();
  });
});

describe("toDelivery", () => {
  it("tells the broker once, by the first word", () => {
    const said: string[] = [];
    const respond = (word: string): boolean => said.push(word) > 0;
    const message = {
      reply: ACK,
      subject: "leix.out.AXYZ",
      data: new Uint8Array(),
      respond,
    } as unknown as Msg;
    const ended: boolean[] = [];
    const delivery = toDelivery(message, (_one, acked) => ended.push(acked));
    delivery?.release();
    delivery?.ack();
    delivery?.ack();
    expect(said).toEqual(["-NAK"]);
    expect(ended).toEqual([false]);
  });

  it("says that it is in hand as often as asked, until it is done", () => {
    const said: string[] = [];
    const respond = (word: string): boolean => said.push(word) > 0;
    const message = { reply: ACK, subject: "leix.out.AXYZ", data: new Uint8Array(), respond };
    let times = 0;
    const delivery = toDelivery(
      message as unknown as Msg,
      () => undefined,
      () => times++,
    );
    delivery?.postpone();
    delivery?.postpone();
    delivery?.ack();
    delivery?.postpone();
    expect([said, times]).toEqual([["+WPI", "+WPI", "+ACK"], 2]);
  });
});
