import { healthSettings, parseConfig } from "@leix/runtime";
import { z } from "zod";

const PolicyConfig = z.object({
  /** The network folder; this service's own is `services/policy` in it. */
  LEIX_NETWORK: z.string().min(1),
  /** Where the broker is, instead of what the folder says. */
  LEIX_NATS_URL: z.string().startsWith("tls://").optional(),
  ...healthSettings,
  LEIX_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export function loadConfig(): z.output<typeof PolicyConfig> {
  return parseConfig(PolicyConfig, process.env);
}
