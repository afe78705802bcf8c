#!/bin/sh
# compose-plugin.sh
#
# Makes sure that `docker compose` works: where it does not, links Debian's docker-compose (version 2, one
# binary) into the user's folder of Docker plugins. Nothing is installed on the machine itself.
# Exit: 0 it works, 68 it does not, or the code of fetch-debian-package.sh.
set -eu

if version=$(docker compose version --short 2>/dev/null); then
  echo "docker compose $version is there already"
  exit 0
fi
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
package=${XDG_CACHE_HOME:-$HOME/.cache}/leix/docker-compose
if [ ! -x "$package/usr/libexec/docker/cli-plugins/docker-compose" ]; then
  "$(dirname "$0")/fetch-debian-package.sh" docker-compose "$package"
fi
mkdir -p "$plugins"
ln -sf "$package/usr/libexec/docker/cli-plugins/docker-compose" "$plugins/docker-compose"
if ! version=$(docker compose version --short 2>/dev/null); then
  echo "compose-plugin/not-working: docker does not find the plugin in $plugins" >&2
  exit 68
fi
echo "docker compose $version brought"
