import { readFile } from "node:fs/promises";

/** Where a message stands in a block of nats-server's file store, in bytes from the beginning of the file. */
export interface BlockMessage {
  readonly begin: number;
  readonly subject: number;
  /** Headers, where it has some, and content. */
  readonly body: number;
  readonly checksum: number;
  readonly end: number;
}

/**
 * nats-server's `filestore.go`, writeMsgRecord: length (its highest bit tells of headers), sequence, time and
 * subject's length; subject, headers and content; 8 bytes of checksum.
 */
const HEADER_BYTES = 22;
const SUBJECT_LENGTH_AT = 20;
const CHECKSUM_BYTES = 8;
const HAS_HEADERS = 0x8000_0000;

/** The messages of a block. Throws where they do not fill it exactly. */
export async function listBlockMessages(file: string): Promise<BlockMessage[]> {
  const bytes = await readFile(file);
  const messages: BlockMessage[] = [];
  for (let begin = 0; begin < bytes.length; begin = messages.at(-1)?.end ?? bytes.length) {
    const end = begin + (bytes.readUInt32LE(begin) % HAS_HEADERS);
    const subject = begin + HEADER_BYTES;
    const body = subject + bytes.readUInt16LE(begin + SUBJECT_LENGTH_AT);
    const checksum = end - CHECKSUM_BYTES;
    if (end > bytes.length || body > checksum) throw new Error(`${file}: no message at ${begin}`);
    messages.push({ begin, subject, body, checksum, end });
  }
  return messages;
}
