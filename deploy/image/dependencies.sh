#!/bin/sh
# Runs inside `docker build`: leaves the workspace with the dependencies that the services need, and no
# others.
#
# The host's own node_modules are used where they are those of the lockfile and run on this system, so that
# an image can be built without reaching a registry; otherwise they are installed here, with the base
# image's npm.
set -eu

PNPM_VERSION=12.21.0
NODE_MAJOR_MIN=26

is_usable() {
  [ -e node_modules/.pnpm/lock.yaml ] && cmp -s pnpm-lock.yaml node_modules/.pnpm/lock.yaml &&
    node_modules/node/bin/node --version >/dev/null 2>&1
}

if is_usable; then
  echo "using the host's node_modules"
  exit 0
fi

if ! command -v npx >/dev/null 2>&1; then
  echo "image/no-dependencies: the host has no node_modules for this system and lockfile, and the base" \
    "image no npm to install them: run \`npm run check\` on the host first, or build on a Node image" >&2
  exit 66
fi
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt "$NODE_MAJOR_MIN" ]; then
  echo "image/node-too-old: the base image has Node $major; the services need Node $NODE_MAJOR_MIN" >&2
  exit 67
fi
rm -rf node_modules packages/*/node_modules services/*/node_modules
npx -y "pnpm@$PNPM_VERSION" install --frozen-lockfile --prod --reporter=append-only \
  --filter "./services/*..." --filter "@leix/cli..."
