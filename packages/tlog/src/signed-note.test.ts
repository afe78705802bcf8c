import { beforeAll, describe, expect, it } from "vitest";
import { createParty, ENOCH, type Party, PETER, TEXT, toBytes, toSigningKey } from "./note.testkit.ts";
import { encodeNote, parseNote } from "./note.ts";
import { createSigner, createVerifier, type NoteVerifier, parseVerifierKey } from "./note-key.ts";
import { codeOfAsync } from "./refusal.testkit.ts";
import { type AnyVerifier, signNote, verifyNote } from "./signed-note.ts";

let peter: NoteVerifier<"ed25519">;
let enoch: NoteVerifier<"ed25519">;

beforeAll(async () => {
  peter = await createVerifier(parseVerifierKey(PETER.verifierKey, "ed25519"));
  enoch = await createVerifier(parseVerifierKey(ENOCH.verifierKey, "ed25519"));
});

const verify = (text: string, verifiers: readonly AnyVerifier[]) =>
  verifyNote(parseNote(toBytes(text)), verifiers);
const answer = (text: string, verifiers: readonly AnyVerifier[]) =>
  codeOfAsync(() => verify(text, verifiers));
const namesOf = async (text: string, verifiers: readonly AnyVerifier[]) => {
  const { verified, unknown } = await verify(text, verifiers);
  return [verified.map(({ key }) => key.name), unknown.map(({ name }) => name)];
};
/** As the tests of x/mod break a signature: three bytes put into its middle. */
const broken = (line: string) => `${line.slice(0, 60)}ABCD${line.slice(60)}`;
const WHOLE = `${TEXT}\n${PETER.line}${ENOCH.line}`;

describe("signing", () => {
  it.each([PETER, ENOCH])("as x/mod does: $name", async ({ name, seed, verifierKey, line }) => {
    const signer = await createSigner(name, "ed25519", toSigningKey(seed, verifierKey));
    const note = encodeNote({ text: TEXT, signatures: [await signNote(TEXT, signer)] });
    expect(Buffer.from(note).toString()).toBe(`${TEXT}\n${line}`);
  });

  it("is refused for what can be no text", async () => {
    const { signer } = await createParty("a", "ed25519");
    for (const text of ["", "a", "a\t\n", "\ud800\n"]) {
      expect(await codeOfAsync(() => signNote(text, signer))).toBe("tlog/note");
    }
  });
});

describe("a signed note", () => {
  it("is verified by each known key, in the note's order; other signatures are ignored", async () => {
    expect(await namesOf(WHOLE, [peter])).toEqual([["PeterNeumann"], ["EnochRoot"]]);
    expect(await namesOf(WHOLE, [enoch])).toEqual([["EnochRoot"], ["PeterNeumann"]]);
    expect(await namesOf(WHOLE, [enoch, peter])).toEqual([["PeterNeumann", "EnochRoot"], []]);
    expect((await verify(WHOLE, [peter])).text).toBe(TEXT);
  });

  it("is refused without a signature of a known key", async () => {
    expect(await answer(WHOLE, [])).toBe("tlog/note-unsigned");
    expect(await answer(`${TEXT}\n${ENOCH.line}`, [peter])).toBe("tlog/note-unsigned");
  });

  it("is refused where a known key's signature is wrong, whoever else signed", async () => {
    expect(await answer(`${TEXT}\n${broken(PETER.line)}`, [peter])).toBe("tlog/signature-invalid");
    expect(await answer(`${TEXT}\n${ENOCH.line}${broken(PETER.line)}`, [peter, enoch])).toBe(
      "tlog/signature-invalid",
    );
    expect(await answer(`${TEXT}\n${ENOCH.line}${broken(PETER.line)}`, [enoch])).toBe("not refused");
    expect(await answer(`a${WHOLE}`, [peter])).toBe("tlog/signature-invalid");
  });

  it("has one signature of each known key: the first; and of unknown ones each line once", async () => {
    const text = `${TEXT}\n${PETER.line}${PETER.line}${ENOCH.line}${ENOCH.line}${broken(ENOCH.line)}`;
    expect(await namesOf(text, [peter])).toEqual([["PeterNeumann"], ["EnochRoot", "EnochRoot"]]);
    expect(await answer(`${TEXT}\n${PETER.line}${broken(PETER.line)}`, [peter])).toBe("not refused");
    expect(await answer(`${TEXT}\n${broken(PETER.line)}${PETER.line}`, [peter])).toBe(
      "tlog/signature-invalid",
    );
  });

  it("does not take a known name alone for a key, nor a known id", async () => {
    const otherId = PETER.line.replace("x08g", "xxxx");
    const otherName = PETER.line.replace("PeterNeumann", "CarmenSandiego");
    for (const line of [otherId, otherName]) {
      expect(await answer(`${TEXT}\n${line}`, [peter])).toBe("tlog/note-unsigned");
      expect(await answer(`${TEXT}\n${line}${PETER.line}`, [peter])).toBe("not refused");
    }
  });

  it("is refused where two of the keys given cannot be told apart, used or not", async () => {
    expect(await answer(`${TEXT}\n${PETER.line}`, [enoch, peter, enoch])).toBe("tlog/key-repeated");
  });

  it("is refused after any bit is changed, or the signature is then unknown or the form broken", async () => {
    const bytes = toBytes(`${TEXT}\n${PETER.line}`);
    let refused = 0;
    for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
      const copy = Uint8Array.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const code = await codeOfAsync(async () => verifyNote(parseNote(copy), [peter]));
      expect(["tlog/note", "tlog/note-unsigned", "tlog/signature-invalid"]).toContain(code);
      refused++;
    }
    expect(refused).toBe(bytes.byteLength * 8);
  });

  it("is by the key's type: what a log signed is not what a witness cosigned", async () => {
    const log: Party<"ed25519"> = await createParty("log", "ed25519");
    const witness = await createParty("witness", "cosignature/v1");
    const line = await signNote(TEXT, log.signer);
    const posed = { ...line, name: "witness", keyId: witness.signer.key.keyId };
    const note = { text: "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", signatures: [posed] };
    expect(await codeOfAsync(() => verifyNote(note, [witness.verifier]))).toBe("tlog/signature-invalid");
  });
});
