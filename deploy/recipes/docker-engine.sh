#!/bin/sh
# docker-engine.sh <pid-file>
#
# Makes sure that a Docker engine answers. Where none does, installs Debian's and starts it by hand (a bare
# machine has no init system), and writes its process id to <pid-file>, for the caller to end it. An engine
# that answers already is used as it is, and nothing is written. Starting one needs root.
# Exit: 0 an engine answers, 64 usage, 66 cannot install, 67 does not start.
set -eu

fail() {
  status=$1 code=$2
  shift 2
  printf 'docker-engine/%s: %s\n' "$code" "$*" >&2
  exit "$status"
}

answers() {
  docker version --format '{{.Server.Version}}' 2>/dev/null
}

[ $# -eq 1 ] || fail 64 usage "call me as: docker-engine.sh <pid-file>"
pid_file=$1
START_SECONDS_MAX=60

if command -v docker >/dev/null 2>&1 && version=$(answers); then
  echo "docker engine $version answers already"
  exit 0
fi
[ "$(id -u)" -eq 0 ] || fail 66 not-root "no Docker engine answers; start yours, or run this as root"

if ! command -v dockerd >/dev/null 2>&1 || ! command -v iptables >/dev/null 2>&1; then
  echo "installing Debian's docker.io and iptables"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get -q update && apt-get -q install -y --no-install-recommends docker.io iptables; } \
    >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    fail 66 not-installed "apt could not install docker.io"
  fi
  rm -f "$log"
fi

log=$(mktemp "${TMPDIR:-/tmp}/leix-dockerd-XXXXXX.log")
setsid dockerd >"$log" 2>&1 </dev/null &
pid=$!
printf '%s\n' "$pid" >"$pid_file"
waited=0
until version=$(answers); do
  if [ "$waited" -ge "$START_SECONDS_MAX" ] || ! kill -0 "$pid" 2>/dev/null; then
    tail -n 10 "$log" >&2
    kill "$pid" 2>/dev/null || true
    fail 67 not-started "dockerd did not come up in $START_SECONDS_MAX s; its log is $log"
  fi
  sleep 1
  waited=$((waited + 1))
done
echo "docker engine $version started (process $pid, log $log)"
