import { createPrivateKey } from "node:crypto";
import { LeixError, type SigningKey, toThumbprint } from "@leix/protocol";
import {
  createSigner,
  encodeCheckpoint,
  encodeNote,
  encodeVerifierKey,
  type NoteSigner,
  signNote,
  type TreeHead,
} from "@leix/tlog";
import { createLogPolicy, type LogPolicy } from "./published.ts";

/** The same key in every process: nothing here is secret. */
export interface TestLog {
  readonly key: SigningKey;
  readonly signer: NoteSigner<"ed25519">;
  /** Its verifier key. */
  readonly log: string;
  readonly policy: LogPolicy;
  sign(head: TreeHead): Promise<Uint8Array>;
}

const PKCS8_PREFIX = "302e020100300506032b657004220420";

export async function createTestLog(seed = 1): Promise<TestLog> {
  const key = createKey(seed);
  const signer = await createSigner("leix.example/ledger", "ed25519", key);
  const log = encodeVerifierKey(signer.key);
  return {
    key,
    signer,
    log,
    policy: await createLogPolicy(log),
    sign: async (head) => {
      const text = encodeCheckpoint({ origin: signer.key.name, ...head, extensions: [] });
      return encodeNote({ text, signatures: [await signNote(text, signer)] });
    },
  };
}

/** The code with which a call is refused; anything but a coded error is a defect and goes on up. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
  return "not refused";
}

function createKey(seed: number): SigningKey {
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX, "hex"), Buffer.alloc(32, seed)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { x = "", d = "" } = key.export({ format: "jwk" });
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return { alg: "Ed25519", kid: toThumbprint(jwk), jwk: { ...jwk, d } };
}
