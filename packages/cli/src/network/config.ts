/** What the commands that run a network take from the environment. */
export interface RunConfig {
  /** A broker that runs already, `tls://host:port`, instead of one of our own. */
  readonly natsUrl: string | undefined;
  /** Where the network folder is, unless `--dir` says otherwise. */
  readonly dir: string;
  /** Handed on to what is started. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function loadRunConfig(): RunConfig {
  const natsUrl = process.env.LEIX_NATS_URL;
  return {
    natsUrl: natsUrl === "" ? undefined : natsUrl,
    dir: process.env.LEIX_NETWORK || "network",
    env: process.env,
  };
}
