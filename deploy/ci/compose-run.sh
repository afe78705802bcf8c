#!/usr/bin/env bash
# Brings the whole exchange up from images, sends a message from the host, waits until the other agency has it
# and a checkpoint covers it, and replays the ledger from the log.
#
# Uses a network folder, a project and a port of its own, and leaves nothing behind. Needs docker compose;
# reads LEIX_BASE_IMAGE and LEIX_NATS_IMAGE where the public images cannot be pulled.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d "${TMPDIR:-/tmp}/leix-compose-XXXXXX")
free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => {
    console.log(s.address().port); s.close(); })'
}
port=$(free_port)
log_port=$(free_port)
export COMPOSE_PROJECT_NAME="leix-run-$$" LEIX_NETWORK="$work/network"
export LEIX_NATS_PORT="$port" LEIX_LOG_PORT="$log_port"
ARRIVAL_SECONDS_MAX=60
COVERED_SECONDS_MAX=60
passed=

finish() {
  if [ -z "$passed" ]; then
    docker compose ps --all || true
    docker compose logs --no-color --tail 40 || true
  fi
  docker compose down --volumes --timeout 5 >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

leix() {
  env -u LEIX_LOG_PORT -u LEIX_NATS_PORT LEIX_NATS_URL="tls://127.0.0.1:$port" node_modules/.bin/leix "$@"
}

mkdir "$LEIX_NETWORK"
started=$SECONDS
docker compose build --quiet
echo "images built in $((SECONDS - started)) s"
started=$SECONDS
docker compose up --wait --wait-timeout 180 --no-build --quiet-pull
echo "healthy after $((SECONDS - started)) s"

marker="compose-run-$$-$RANDOM"
sent=$(leix send --as AL-SPOC --to RS-SPOC --kind request --purpose investigation --crime drug-trafficking \
  --facts "$marker" --grounds "The register is kept there." --use-restriction "Only to answer." \
  --text "$marker" --json)
id=$(node -p 'JSON.parse(process.argv[1]).ref.id' "$sent")
started=$SECONDS
until leix inbox --as RS-SPOC "$id" 2>/dev/null | grep -q "$marker"; do
  if ((SECONDS - started > ARRIVAL_SECONDS_MAX)); then
    echo "compose-run/not-arrived: RS-SPOC cannot read $id after $ARRIVAL_SECONDS_MAX s" >&2
    exit 1
  fi
  sleep 1
done
started=$SECONDS
# The log as the ledger service serves it has as many records as LEDGER, and replays without a difference.
covered() {
  leix audit replay --url "https://127.0.0.1:$log_port" --json >"$work/log.json" || return 1
  leix audit replay --json >"$work/ledger.json" || return 1
  node -e 'const { readFileSync } = require("node:fs");
    const [log, ledger] = process.argv.slice(1).map((file) => JSON.parse(readFileSync(file)).checked);
    process.exit(log > 0 && log === ledger ? 0 : 1)' "$work/log.json" "$work/ledger.json"
}
until covered; do
  if ((SECONDS - started > COVERED_SECONDS_MAX)); then
    echo "compose-run/not-covered: the log is not the ledger after $COVERED_SECONDS_MAX s" >&2
    cat "$work"/*.json >&2 || true
    exit 1
  fi
  sleep 1
done
echo "a checkpoint covers every record, and the log replays as the ledger does"
passed=yes
echo "a message sent from the host arrived through the containers"
