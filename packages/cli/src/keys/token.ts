import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { LeixError, parseSchema } from "@leix/protocol";
import { openTokenKey, readTokenKey, TokenPlace, toTokenKeyText, writeSecret } from "@leix/runtime";
import type { Command } from "commander";

interface TokenFlags {
  readonly module: string;
  readonly token: string;
  readonly id: string;
  readonly pinFile: string;
}

export function addTokenCommand(keys: Command): void {
  keys
    .command("token")
    .description("write the file of a signing key that is in a PKCS#11 token: where it is, and no secret")
    .argument("<file>", "a party's signing.jwk, or any other for `leix agency init --signing-key`")
    .requiredOption("--module <file>", "the token's PKCS#11 module, a shared library")
    .requiredOption("--token <label>", "the token's label")
    .requiredOption("--id <hex>", "the key's id (CKA_ID) in hexadecimal")
    .requiredOption("--pin-file <file>", "a file whose first line is the PIN, for its owner only")
    .action(async (file: string, { module, token, id, pinFile }: TokenFlags) => {
      if (existsSync(file)) throw new LeixError("config/invalid", `${file} is there: put it away first`);
      const place = parseSchema(
        TokenPlace,
        { module: resolve(module), token, id: id.toLowerCase(), pinFile: resolve(pinFile) },
        "config/invalid",
      );
      const found = await readTokenKey(place);
      // It has the private key, too, and signs with it.
      await openTokenKey(found, place);
      await writeSecret(file, toTokenKeyText(found, place));
      process.stdout.write(
        `${file} names the ${found.alg} key ${found.kid}.\n` +
          "What it signs counts once the country authority has registered it.\n",
      );
    });
}
