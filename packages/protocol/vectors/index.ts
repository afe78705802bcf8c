/** For tests elsewhere that attack a running exchange with what no client of ours makes. */

export { forgeHmac, forgeToken, malleate, respell, signText, toText } from "./forge.ts";
export { forgeTwoTexts, wrapKey } from "./forge-body.ts";
export type { EncryptionPair, SigningPair } from "./keys.ts";
