import { execFile } from "node:child_process";
import { LeixError } from "@leix/protocol";
import { toChildEnvironment } from "../config.ts";
import type { TokenPlace } from "./key-file.ts";
import { noteRefusedPin, refuseRefusedPin } from "./refused-pin.ts";
import { readSecret } from "./secret-file.ts";

/** OpenSC's own tool speaks PKCS#11, so that this program needs no native code. */
const TOOL = "pkcs11-tool";
const PIN_VARIABLE = "LEIX_TOKEN_PIN";
/** A token that asks a person to touch it takes as long as the person does. */
const TIMEOUT_MS = 60_000;

/**
 * Runs `pkcs11-tool` on the token: what it writes. The PIN goes through the child's environment, which only
 * the same user can read, never through its arguments. Throws the `token/` codes, `key/readable-by-others`.
 * A PIN that was refused is not tried again until its file is written anew.
 */
export async function runTokenTool(
  place: TokenPlace,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<Uint8Array> {
  const written = await refuseRefusedPin(place);
  try {
    return await runTool(place, args, input);
  } catch (error) {
    if (error instanceof LeixError && error.code === "token/pin-wrong") await noteRefusedPin(place, written);
    throw error;
  }
}

async function runTool(place: TokenPlace, args: readonly string[], input: Uint8Array): Promise<Uint8Array> {
  const [pin = ""] = (await readSecret(place.pinFile)).split(/\r?\n/, 1);
  const common = ["--module", place.module, "--token-label", place.token];
  const login = ["--login", "--pin", `env:${PIN_VARIABLE}`];
  const env = toChildEnvironment({ [PIN_VARIABLE]: pin, LC_ALL: "C" });
  return new Promise((resolve, reject) => {
    const options = { env, encoding: "buffer", timeout: TIMEOUT_MS, windowsHide: true } as const;
    const child = execFile(
      TOOL,
      [...common, ...login, "--id", place.id, ...args],
      options,
      (error, out, err) => {
        if (error) reject(toTokenError(error, err.toString("utf8"), place));
        else resolve(new Uint8Array(out));
      },
    );
    // A child that ends before it has read all says why in its own words.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** By what OpenSC's tool says, and PKCS#11's own return values (CKR_...). */
function toTokenError(cause: Error, said: string, place: TokenPlace): LeixError {
  if ("code" in cause && cause.code === "ENOENT") {
    return new LeixError("token/module-missing", `${TOOL} is not installed (package opensc)`, { cause });
  }
  if (/Failed to load pkcs11 module/i.test(said)) {
    return new LeixError("token/module-missing", place.module, { cause });
  }
  if (/CKR_PIN_|CKR_USER_PIN_NOT_INITIALIZED/.test(said)) {
    return new LeixError("token/pin-wrong", `${place.token}, PIN file ${place.pinFile}`, { cause });
  }
  if (/No slot with token named|No slots|CKR_TOKEN_NOT_PRESENT|CKR_DEVICE_REMOVED/.test(said)) {
    return new LeixError("token/missing", place.token, { cause });
  }
  if (/key not found|object not found/i.test(said)) {
    return new LeixError("token/key-missing", `${place.token}, id ${place.id}`, { cause });
  }
  return new LeixError("token/failed", `${place.token}: ${toLastLine(said) || cause.message}`, { cause });
}

function toLastLine(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "" && line !== "Aborting.");
  return (lines.at(-1) ?? "").slice(0, 200);
}
