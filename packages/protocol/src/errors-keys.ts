import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about private keys where they rest: files and tokens. */
export const KEY_ERRORS = {
  "key/readable-by-others": {
    when: "A file with a private key may be read or written by others than its owner.",
    todo: "Run `chmod 600` on the file, and think of a new key if others use this machine.",
  },
  "key/passphrase-missing": {
    when: "A private key is encrypted, and there is no passphrase: no file is named, nobody is asked.",
    todo: "Name a file that holds the passphrase in LEIX_KEY_PASSPHRASE_FILE, or run this in a terminal.",
  },
  "key/passphrase-wrong": {
    when: "An encrypted private key does not open: the passphrase is another one, or the file was altered.",
    todo: "Try the passphrase again; if it is right, take the file from a backup.",
  },
  "key/passphrase-short": {
    when: "A passphrase to protect private keys with is shorter than PASSPHRASE_CHARACTERS_MIN.",
    todo: "Choose a longer one: several words that do not belong together.",
  },
  "token/module-missing": {
    when: "The PKCS#11 module that a key's file names does not load, or pkcs11-tool is not installed.",
    todo: "Install the token's module and the package opensc, or correct the path in the key's file.",
  },
  "token/missing": {
    when: "No token with the label that a key's file names is connected.",
    todo: "Connect the token, or correct the label; `pkcs11-tool --list-slots` shows what is there.",
  },
  "token/pin-wrong": {
    when: "The token refuses the PIN in the PIN file, or the PIN is locked.",
    todo: "Correct the PIN file before the next attempt: a token locks after a few wrong ones.",
  },
  "token/key-missing": {
    when: "The token has no private key with the id that a key's file names.",
    todo: "Correct the id; `pkcs11-tool --list-objects --login` shows what is there.",
  },
  "token/key-mismatch": {
    when: "What the token signs does not verify under the public key in the key's file: it is another key.",
    todo: "Name the key that is registered, or have the token's own enrolled by the country authority.",
  },
  "token/failed": {
    when: "The token has not done what it was asked.",
    todo: "Read what its module said in the detail; take the token out and connect it again.",
  },
} as const satisfies Record<string, ErrorText>;
