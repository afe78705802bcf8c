import { LeixError } from "@leix/protocol";

/** What failed, and in which part of the file: `message.record`, `statements[3].proof`, `checkpoint`. */
export class EvidenceError extends LeixError {
  readonly part: string;

  /** Anything but a LeixError is a defect and is thrown as it is. */
  constructor(part: string, cause: unknown) {
    if (!(cause instanceof LeixError)) throw cause;
    super(cause.code, cause.detail, { cause });
    this.name = "EvidenceError";
    this.part = part;
  }
}

/** The work on one part of the file: what it throws says which part that was. */
export async function onPart<T>(part: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof EvidenceError ? error : new EvidenceError(part, error);
  }
}
