#!/bin/sh
# base-image.sh <image>
#
# Makes a small Debian image out of the machine's own Debian archive, for machines that cannot pull one. It
# holds what the pinned Node and nats-server need (libc, libstdc++, libatomic, certificates) and nothing of
# ours.
# An image of that name is left as it is. Needs root, debootstrap (installed when missing) and a Docker
# engine.
# Exit: 0 the image is there, 64 usage, 66 no debootstrap or apt, 67 no archive, 68 not built.
set -eu
export LC_ALL=C

SUITE=bookworm
PACKAGES=ca-certificates,libatomic1,libstdc++6

fail() {
  status=$1 code=$2
  shift 2
  printf 'base-image/%s: %s\n' "$code" "$*" >&2
  exit "$status"
}

[ $# -eq 1 ] || fail 64 usage "call me as: base-image.sh <image>"
image=$1
if docker image inspect "$image" >/dev/null 2>&1; then
  echo "base image $image is there already"
  exit 0
fi
if ! command -v debootstrap >/dev/null 2>&1; then
  echo "installing debootstrap"
  { apt-get -q update && apt-get -q install -y --no-install-recommends debootstrap; } >/dev/null 2>&1 ||
    fail 66 no-debootstrap "apt could not install debootstrap"
fi
archive=$("$(dirname "$0")/debian-archive.sh") || exit $?

work=$(mktemp -d "${TMPDIR:-/tmp}/leix-base-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if ! debootstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$work/tree" "$archive" \
  >"$work/log" 2>&1; then
  tail -n 5 "$work/log" >&2
  fail 68 not-built "debootstrap failed"
fi
# What only a package manager needs would be two thirds of the image. The sources name this machine's archive.
rm -rf "$work"/tree/var/lib/apt/lists/* "$work"/tree/var/cache/* "$work"/tree/usr/share/doc/* \
  "$work"/tree/usr/share/man/* "$work"/tree/usr/share/locale/* "$work"/tree/etc/apt/sources.list*
tar -C "$work/tree" -c . | docker import - "$image" >/dev/null || fail 68 not-built "docker import failed"
echo "base image $image made ($(docker image inspect --format '{{.Size}}' "$image") bytes)"
