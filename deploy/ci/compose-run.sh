#!/usr/bin/env bash
# Brings the whole exchange up from images, sends a message from the host, and waits until the other agency
# has it.
#
# Uses a network folder, a project and a port of its own, and leaves nothing behind. Needs docker compose;
# reads LEIX_BASE_IMAGE and LEIX_NATS_IMAGE where the public images cannot be pulled.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d "${TMPDIR:-/tmp}/leix-compose-XXXXXX")
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => {
  console.log(s.address().port); s.close(); })')
export COMPOSE_PROJECT_NAME="leix-run-$$" LEIX_NETWORK="$work/network" LEIX_NATS_PORT="$port"
ARRIVAL_SECONDS_MAX=60
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
  LEIX_NATS_URL="tls://127.0.0.1:$port" node_modules/.bin/leix "$@"
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
passed=yes
echo "a message sent from the host arrived through the containers"
