import { beforeAll, describe, expect, it } from "vitest";
import { cosignCheckpoint, toCosignedMessage, verifyCosignature } from "./cosignature.ts";
import { createParty, type Party, toBytes } from "./note.testkit.ts";
import { parseNote } from "./note.ts";
import { codeOf, codeOfAsync, flipBit } from "./refusal.testkit.ts";

/** tlog-cosignature, the example; its keys are not published. */
const TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
const COSIGNED =
  "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
const LINE = `— witness.example.com/w1 ${COSIGNED}\n`;
const TIME = 1_679_315_147;

let witness: Party<"cosignature/v1">;

beforeAll(async () => {
  witness = await createParty("witness.example.com/w1", "cosignature/v1");
});

describe("a cosignature", () => {
  it("is over header, time and the checkpoint's whole text", () => {
    expect(Buffer.from(toCosignedMessage(TEXT, TIME)).toString()).toBe(
      `cosignature/v1\ntime 1679315147\n${TEXT}`,
    );
    const extended = `${TEXT}an extension\n`;
    expect(Buffer.from(toCosignedMessage(extended, 0)).toString()).toBe(
      `cosignature/v1\ntime 0\n${extended}`,
    );
    expect(codeOf(() => toCosignedMessage("a text\n", TIME))).toBe("tlog/checkpoint");
  });

  it("is the time in eight bytes and 64 of Ed25519, as in the specification's example", async () => {
    const [line] = parseNote(toBytes(`${TEXT}\n${LINE}`)).signatures;
    const made = await cosignCheckpoint(TEXT, TIME, witness.signer);
    expect(made.signature).toHaveLength(line?.signature.byteLength ?? 0);
    expect(made.signature.subarray(0, 8)).toEqual(line?.signature.subarray(0, 8));
    expect(made.name).toBe(line?.name);
  });

  it.each([0, 1, TIME, Number.MAX_SAFE_INTEGER])("says the time: %d", async (timestamp) => {
    const line = await cosignCheckpoint(TEXT, timestamp, witness.signer);
    expect(await verifyCosignature(TEXT, line, witness.verifier)).toBe(timestamp);
  });

  it("is refused after any bit is changed, of time or signature", async () => {
    const line = await cosignCheckpoint(TEXT, TIME, witness.signer);
    for (let bit = 0; bit < line.signature.byteLength * 8; bit++) {
      const changed = { ...line, signature: flipBit(line.signature, bit) };
      const code = await codeOfAsync(() => verifyCosignature(TEXT, changed, witness.verifier));
      expect(code).toBe("tlog/signature-invalid");
    }
    expect(line.signature).toHaveLength(72);
  });

  it("is refused of another text, by another key, of another length, over no checkpoint", async () => {
    const line = await cosignCheckpoint(TEXT, TIME, witness.signer);
    const other = await createParty("witness.example.com/w1", "cosignature/v1");
    const answer = (text: string, one = line, verifier = witness.verifier) =>
      codeOfAsync(() => verifyCosignature(text, one, verifier));
    expect(await answer(TEXT)).toBe("not refused");
    expect(await answer(`${TEXT}an extension\n`)).toBe("tlog/signature-invalid");
    expect(await answer(TEXT, line, other.verifier)).toBe("tlog/signature-invalid");
    for (const signature of [line.signature.subarray(8), Uint8Array.of(...line.signature, 0)]) {
      expect(await answer(TEXT, { ...line, signature })).toBe("tlog/signature-invalid");
    }
    expect(await answer("a text\n")).toBe("tlog/checkpoint");
  });

  it("is refused with a time above 2^53 - 1, though the signature is right", async () => {
    const signature = new Uint8Array(72);
    new DataView(signature.buffer).setBigUint64(0, 2n ** 53n);
    signature.set(await witness.signer.sign(toBytes(`cosignature/v1\ntime ${2n ** 53n}\n${TEXT}`)), 8);
    const line = { name: witness.signer.key.name, keyId: witness.signer.key.keyId, signature };
    const code = await codeOfAsync(() => verifyCosignature(TEXT, line, witness.verifier));
    expect(code).toBe("tlog/signature-invalid");
  });

  it("is not made for what is no checkpoint or no time", async () => {
    const answer = (text: string, time: number) =>
      codeOfAsync(() => cosignCheckpoint(text, time, witness.signer));
    expect(await answer("a text\n", TIME)).toBe("tlog/checkpoint");
    for (const time of [-1, 0.5, 2 ** 53]) expect(await answer(TEXT, time)).toBe("tlog/size");
  });
});
