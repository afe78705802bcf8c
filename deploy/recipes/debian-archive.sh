#!/bin/sh
# debian-archive.sh
#
# Prints the address of the Debian archive that this machine's apt is configured with. Third-party sources
# carry other release names, and the security archive holds updates only, so neither is taken for it.
# Exit: 0 printed, 66 no apt, 67 apt knows no Debian archive.
set -eu

if ! command -v apt-get >/dev/null 2>&1; then
  echo "debian-archive/no-apt: no apt-get here, so Debian's archive is out of reach" >&2
  exit 66
fi
# shellcheck disable=SC2016 # the $(…) are apt's, not the shell's
archive=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk '$3 == "main" && $2 ~ /^((old)?stable|testing|unstable|sid|bookworm|trixie|forky)$/ { print $1; exit }')
if [ -z "$archive" ]; then
  echo "debian-archive/unknown: apt knows no Debian archive here (see /etc/apt/sources.list.d)" >&2
  exit 67
fi
printf '%s\n' "$archive"
