import { healthSettings, parseConfig } from "@leix/runtime";
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535).optional();

const LedgerConfig = z.object({
  /** The network folder; this service's own is `services/ledger` in it. */
  LEIX_NETWORK: z.string().min(1),
  /** Where the broker is, instead of what the folder says. */
  LEIX_NATS_URL: z.string().startsWith("tls://").optional(),
  /** The folder of tiles and records, instead of `store` in the service's own. */
  LEIX_LEDGER_STORE: z.string().min(1).optional(),
  /** Where the log is served over HTTPS; nowhere where it is left out. */
  LEIX_LOG_PORT: port,
  LEIX_LOG_LISTEN: z.string().min(1).default("0.0.0.0"),
  ...healthSettings,
  LEIX_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export function loadConfig(): z.output<typeof LedgerConfig> {
  return parseConfig(LedgerConfig, process.env);
}
