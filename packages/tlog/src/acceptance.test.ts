import { limits } from "@leix/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import { type AcceptanceConfig, acceptCheckpoint, createAcceptancePolicy } from "./acceptance.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { cosignCheckpoint } from "./cosignature.ts";
import { createParty, type Party } from "./note.testkit.ts";
import { encodeNote, type NoteSignature } from "./note.ts";
import { encodeVerifierKey, toVerifierKey } from "./note-key.ts";
import { codeOfAsync, flipBit } from "./refusal.testkit.ts";
import { signNote } from "./signed-note.ts";

const NOW = 1_800_000_000;
const LOG = "leix.example/ledger/1";
const root = new Uint8Array(32).fill(7);
const toText = (origin: string) => encodeCheckpoint({ origin, size: 5, root, extensions: [] });
const TEXT = toText(LOG);

let log: Party<"ed25519">;
let witnesses: readonly Party<"cosignature/v1">[];
let byLog: NoteSignature;
let byWitnesses: readonly NoteSignature[];
let config: AcceptanceConfig;

beforeAll(async () => {
  log = await createParty(LOG, "ed25519");
  witnesses = await Promise.all(["AL", "RS", "ME"].map((name) => createParty(`w/${name}`, "cosignature/v1")));
  byLog = await signNote(TEXT, log.signer);
  byWitnesses = await Promise.all(witnesses.map(({ signer }) => cosignCheckpoint(TEXT, NOW - 5, signer)));
  config = {
    log: encodeVerifierKey(log.signer.key),
    witnesses: witnesses.map(({ signer }) => encodeVerifierKey(signer.key)),
    quorum: 2,
  };
});

const accept = async (
  signatures: readonly (NoteSignature | undefined)[],
  change: object = {},
  text = TEXT,
) => {
  const note = encodeNote({ text, signatures: signatures.filter((one) => one !== undefined) });
  return acceptCheckpoint(note, await createAcceptancePolicy({ ...config, ...change }), NOW);
};
const answer = (...args: Parameters<typeof accept>) => codeOfAsync(() => accept(...args));

describe("a checkpoint is accepted", () => {
  it("signed by its log and cosigned by k of n, whichever and in whatever order", async () => {
    const [al, rs, me] = byWitnesses;
    for (const lines of [
      [byLog, al, rs],
      [me, byLog, al],
      [rs, me, byLog],
      [byLog, al, rs, me],
    ]) {
      const { checkpoint, text, cosignatures } = await accept(lines);
      expect(checkpoint).toEqual({ origin: LOG, size: 5, root, extensions: [] });
      expect(text).toBe(TEXT);
      expect(cosignatures).toHaveLength(lines.length - 1);
      expect(cosignatures.every(({ timestamp }) => timestamp === NOW - 5)).toBe(true);
    }
  });

  it("without witnesses where none are asked for, and their names are told in order", async () => {
    expect((await accept([byLog], { witnesses: [], quorum: 0 })).cosignatures).toEqual([]);
    const { cosignatures } = await accept([byWitnesses[2], byLog, byWitnesses[0]]);
    expect(cosignatures.map(({ witness }) => witness)).toEqual(["w/ME", "w/AL"]);
  });

  it("beside signatures of anyone else", async () => {
    const stranger = await createParty("w/stranger", "cosignature/v1");
    const line = await cosignCheckpoint(TEXT, NOW, stranger.signer);
    expect(await answer([line, byLog, ...byWitnesses])).toBe("not refused");
    expect(await answer([line, byLog, byWitnesses[0]])).toBe("tlog/quorum");
  });
});

describe("a checkpoint is refused", () => {
  it("with fewer than k witnesses, also where one signs twice", async () => {
    const [al] = byWitnesses;
    const again = await cosignCheckpoint(TEXT, NOW - 4, witnesses[0]?.signer ?? raise());
    expect(await answer([byLog])).toBe("tlog/quorum");
    expect(await answer([byLog, al])).toBe("tlog/quorum");
    expect(await answer([byLog, al, al, again])).toBe("tlog/quorum");
    expect(await answer([byLog, ...byWitnesses], { quorum: 3 })).toBe("not refused");
    expect(await answer([byLog, ...byWitnesses.slice(1)], { quorum: 3 })).toBe("tlog/quorum");
  });

  it("without the log's signature, however many witnesses cosigned", async () => {
    expect(await answer([...byWitnesses])).toBe("tlog/note-unsigned");
    const other = await createParty(LOG, "ed25519");
    expect(await answer([await signNote(TEXT, other.signer), ...byWitnesses])).toBe("tlog/note-unsigned");
  });

  it("where a signature of a known key is wrong", async () => {
    const wrong = (line: NoteSignature) => ({ ...line, signature: flipBit(line.signature, 9) });
    expect(await answer([wrong(byLog), ...byWitnesses])).toBe("tlog/signature-invalid");
    const [al = byLog, rs, me] = byWitnesses;
    expect(await answer([byLog, wrong(al), rs, me])).toBe("tlog/signature-invalid");
  });

  it("of another log, signed with this log's key", async () => {
    const text = toText("leix.example/ledger/2");
    const line = await signNote(text, log.signer);
    expect(await answer([line], { quorum: 0 }, text)).toBe("tlog/origin");
  });

  it("that is a note and no checkpoint, or no note", async () => {
    const line = await signNote("a text\n", log.signer);
    expect(await answer([line], { quorum: 0 }, "a text\n")).toBe("tlog/checkpoint");
    const policy = await createAcceptancePolicy(config);
    expect(await codeOfAsync(() => acceptCheckpoint(new Uint8Array(), policy, NOW))).toBe("tlog/note");
  });

  it("where a cosignature is needed that is from the future, further than clocks differ", async () => {
    const edge = NOW + limits.CLOCK_SKEW_SECONDS_MAX;
    const { signer } = witnesses[1] ?? raise();
    const at = async (time: number) =>
      answer([byLog, byWitnesses[0], await cosignCheckpoint(TEXT, time, signer)]);
    expect(await at(edge)).toBe("not refused");
    expect(await at(edge + 1)).toBe("tlog/quorum");
  });
});

describe("a policy is refused", () => {
  it.each([-1, 4, 0.5, Number.NaN])("that asks for %d of 3", async (quorum) => {
    expect(await codeOfAsync(() => createAcceptancePolicy({ ...config, quorum }))).toBe("tlog/policy");
  });

  it("with a public key twice: as a witness, under another name, as the log's own", async () => {
    const { publicKey } = (witnesses[0] ?? raise()).signer.key;
    const again = encodeVerifierKey(toVerifierKey("w/other", "cosignature/v1", publicKey));
    const own = encodeVerifierKey(toVerifierKey(LOG, "cosignature/v1", log.signer.key.publicKey));
    for (const more of [config.witnesses[0] ?? "", again, own]) {
      const witnessKeys = [...config.witnesses, more];
      const code = await codeOfAsync(() => createAcceptancePolicy({ ...config, witnesses: witnessKeys }));
      expect(code).toBe("tlog/policy");
    }
  });

  it("with keys of the wrong kind", async () => {
    const [witness = ""] = config.witnesses;
    expect(await codeOfAsync(() => createAcceptancePolicy({ ...config, log: witness }))).toBe("tlog/key");
    const turned = { ...config, witnesses: [config.log] };
    expect(await codeOfAsync(() => createAcceptancePolicy(turned))).toBe("tlog/key");
  });
});

function raise(): never {
  throw new Error("no such witness");
}
