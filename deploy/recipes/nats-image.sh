#!/bin/sh
# nats-image.sh <image> <base-image>
#
# Makes an image of the broker for machines that cannot pull the public one: the nats-server of Debian's
# testing suite on <base-image>. It behaves as the public image does where the project relies on it:
# nats-server is on PATH and is the entrypoint, and its arguments are the command.
# An image of that name is left as it is. Exit: 0 the image is there, 64 usage, 68 not built, or the code of
# fetch-debian-package.sh.
set -eu

fail() {
  status=$1 code=$2
  shift 2
  printf 'nats-image/%s: %s\n' "$code" "$*" >&2
  exit "$status"
}

[ $# -eq 2 ] || fail 64 usage "call me as: nats-image.sh <image> <base-image>"
image=$1 base=$2
if docker image inspect "$image" >/dev/null 2>&1; then
  echo "broker image $image is there already"
  exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/leix-nats-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$(dirname "$0")/fetch-debian-package.sh" nats-server "$work/package"
mkdir "$work/context"
cp "$work/package/usr/sbin/nats-server" "$work/context/"
cat >"$work/context/Dockerfile" <<'DOCKERFILE'
ARG BASE
FROM ${BASE}
COPY nats-server /usr/local/bin/nats-server
EXPOSE 4222 8222 6222
ENTRYPOINT ["nats-server"]
DOCKERFILE
if ! docker build -q --build-arg "BASE=$base" -t "$image" "$work/context" >/dev/null 2>"$work/log"; then
  cat "$work/log" >&2
  fail 68 not-built "docker build failed"
fi
echo "broker image $image made ($(docker run --rm "$image" --version))"
