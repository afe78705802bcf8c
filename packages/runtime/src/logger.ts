import { pino } from "pino";

export type Logger = ReturnType<typeof pino>;

/**
 * Structured events on standard output, one JSON object a line. Field names are fixed by each service's
 * events.ts; members that could hold a secret or a body are cut out wherever they appear.
 */
export function createLogger(service: string, level: string): Logger {
  const hidden = ["jwk", "d", "seed", "body", "text", "message", "bytes", "plaintext", "payload"];
  return pino({
    base: { service },
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: hidden.flatMap((name) => [name, `*.${name}`]), remove: true },
  });
}
