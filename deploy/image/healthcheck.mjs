// HEALTHCHECK of the image: healthy when the service in this container says so at /healthz.

const port = process.env.LEIX_HTTP_PORT;
try {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
  process.stdout.write(`${response.status} ${await response.text()}`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`no answer at port ${port}: ${error.message}`);
  process.exitCode = 1;
}
