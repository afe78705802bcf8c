import { randomBytes } from "node:crypto";
import { type EncryptionKey, encryptBody, invariant, limits } from "@leix/protocol";
import { type Forged, toForged, untilIdle } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, listKeys, startAssault } from "../assault.ts";

/** What a recipient cannot or does not take. Nobody's inbox is anybody else's to fill. */
const SILENT = "AL-SPOC";
const READER = "MK-SPOC";

let assault: Assault;
beforeAll(async () => {
  assault = await startAssault({ readers: [READER] });
});
afterAll(() => assault?.[Symbol.asyncDispose]());

const findKey = (agency: string): EncryptionKey => {
  const key = listKeys(assault.forge, agency).find(({ use }) => use === "enc");
  invariant(key, `${agency} has a key to encrypt to`);
  return key as EncryptionKey;
};

/** A body of any bytes under the right names: noise, as nobody has its keys. */
async function toNoise(from: string, to: string, bytes: number): Promise<Forged> {
  const { body, binding } = await encryptBody(randomBytes(bytes), [findKey(to)], randomBytes(32));
  const { token, claims } = await assault.forge.message(from, [to], { claims: { body: binding } });
  return toForged(token, body, claims);
}

describe("a recipient that never pulls", () => {
  const LARGE = 600_000;
  const FITS = Math.floor(limits.PAIR_OUTSTANDING_BYTES_MAX / LARGE);

  it("is filled by one sender up to that sender's part: message/recipient-full", async () => {
    for (let i = 0; i < FITS; i++) {
      expect(await assault.send(await toNoise(ATTACKER, SILENT, LARGE))).toBe("permitted");
    }
    await assault.refused((await toNoise(ATTACKER, SILENT, LARGE)).bytes, "message/recipient-full");
    expect(await assault.exchange.countWaiting([SILENT])).toBe(FITS);
  });

  it("is still written to by others, and the sender writes to others", async () => {
    const other = await assault.forge.message("RS-SPOC", [SILENT], { text: "from another" });
    expect(await assault.send(other, "RS-SPOC")).toBe("permitted");
    const elsewhere = await assault.forge.message("ME-SPOC", [READER], { text: "to another" });
    expect(await assault.send(elsewhere, "ME-SPOC")).toBe("permitted");
    await assault.exchange.node(READER).untilReceived(elsewhere.ref);
  });
});

describe("bodies that nobody can decrypt", () => {
  const COUNT = 40;

  it("are acknowledged as such, body/form or body/undecryptable, and jam no inbox", async () => {
    const sender = "RS-SPOC";
    const sent: Forged[] = [];
    for (let i = 0; i < COUNT; i++) {
      const noise = await toNoise(sender, READER, 200);
      if (i % 2 === 1 && noise.body) {
        const tagged = { ...noise.body, recipients: noise.body.recipients.map(spoil) };
        sent.push(toForged(noise.token, tagged, noise.claims));
      } else sent.push(noise);
    }
    for (const one of sent) expect(await assault.send(one, sender)).toBe("permitted");
    const honest = await assault.forge.message(sender, [READER], { text: "the one that matters" });
    expect(await assault.send(honest, sender)).toBe("permitted");
    const node = assault.exchange.node(READER);
    await node.untilReceived(honest.ref);
    expect(await node.readText(honest.ref)).toBe("the one that matters");
    await untilIdle(assault.exchange);
    expect(await assault.exchange.countWaiting([READER])).toBe(0);
    const codes = node.events.flatMap((one) => (one.kind === "message.undecryptable" ? [one.code] : []));
    const toCount = (code: string) => codes.filter((one) => one === code).length;
    expect([toCount("body/form"), toCount("body/undecryptable")]).toEqual([COUNT / 2, COUNT / 2]);
  });

  const spoil = (entry: NonNullable<Forged["body"]>["recipients"][number]) => {
    return { ...entry, encrypted_key: randomBytes(40).toString("base64url") };
  };
});

it("after all of it the auditor agrees", async () => {
  await untilIdle(assault.exchange);
  expect((await assault.exchange.audit()).differences).toEqual([]);
});
