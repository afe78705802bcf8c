// What the core may use beyond ECMAScript: present in every JavaScript runtime, and none of it does I/O.
// Only tsconfig.core.json includes this file.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
declare const crypto: { getRandomValues<T extends Uint8Array>(target: T): T };
