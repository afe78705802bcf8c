// What the core may use beyond ECMAScript: present in every JavaScript runtime, and none of it does I/O.
// Only tsconfig.core.json includes this file.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
/** A key as WebCrypto holds it: opaque. */
interface CryptoKey {
  readonly type: string;
}
declare const crypto: {
  getRandomValues<T extends Uint8Array>(target: T): T;
  /** WebCrypto, as far as the core uses it by itself: Ed25519, and verifying ECDSA. */
  readonly subtle: {
    importKey(
      format: "raw" | "jwk",
      key: object,
      algorithm: "Ed25519" | { readonly name: string; readonly namedCurve?: string },
      extractable: boolean,
      uses: readonly string[],
    ): Promise<CryptoKey>;
    sign(algorithm: "Ed25519", key: CryptoKey, message: Uint8Array): Promise<ArrayBuffer>;
    verify(
      algorithm: "Ed25519" | { readonly name: string; readonly hash?: string },
      key: CryptoKey,
      signature: Uint8Array,
      message: Uint8Array,
    ): Promise<boolean>;
  };
};
