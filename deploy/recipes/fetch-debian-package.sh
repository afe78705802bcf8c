#!/bin/sh
# fetch-debian-package.sh <package> <target-dir>
#
# Unpacks one package of Debian's testing suite under <target-dir>, without installing anything and without
# touching the machine's own sources, lists or caches. For single-file programs whose stable package is too
# old (nats-server, docker-compose). Needs apt and a configured Debian archive, not root.
#
# <target-dir> appears whole or not at all, so two runs at once are safe: the first wins, the second finds it.
# Prints "<package> <version>" on stdout. Errors go to stderr as "code: what happened, what to do".
# Exit: 0 done, 64 usage, 65 target in use, 66 no apt, 67 no Debian archive, 68 archive not reached,
#       69 no such package, 70 cannot unpack.
set -eu
export LC_ALL=C

SUITE=forky
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
  status=$1 code=$2
  shift 2
  printf 'debian-package/%s: %s\n' "$code" "$*" >&2
  exit "$status"
}

[ $# -eq 2 ] || fail 64 usage "call me as: fetch-debian-package.sh <package> <target-dir>"
here=$(cd "$(dirname "$0")" && pwd)
package=$1 target=${2%/}
case $package in
  "" | *[!a-z0-9.+-]*) fail 64 usage "'$package' is not a Debian package name" ;;
esac
if [ -e "$target" ] && ! rmdir "$target" 2>/dev/null; then
  fail 65 target-in-use "$target exists and is not an empty folder; remove it first"
fi
command -v dpkg-deb >/dev/null 2>&1 || fail 66 no-apt "no dpkg-deb here, so Debian's packages are of no use"
[ -r "$KEYRING" ] || fail 67 no-archive "$KEYRING is missing, so nothing fetched could be verified"

mkdir -p "$(dirname "$target")" || fail 70 cannot-unpack "cannot create $(dirname "$target")"
parent=$(cd "$(dirname "$target")" && pwd)
target=$parent/$(basename "$target")
work=$(mktemp -d "${TMPDIR:-/tmp}/leix-debian-XXXXXX")
fresh=$parent/.$(basename "$target").$$
trap 'rm -rf "$work" "$fresh"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

archive=$("$here/debian-archive.sh") || exit $?

# apt's private world. The machine's configuration is kept, for its proxies and certificates, except what it
# does after an update: those hooks refresh the machine's own caches, which stay out of this.
mkdir "$work/conf" "$work/sources" "$work/lists" "$work/cache" "$work/download"
for part in /etc/apt/apt.conf.d/*; do
  [ ! -r "$part" ] || cp "$part" "$work/conf/"
done
printf 'Dir::Etc::Parts "%s";\n' "$work/conf" >"$work/apt.conf"
cat >"$work/conf/zz-leix" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
CONF
printf 'deb [signed-by=%s target=Packages lang=none] %s %s main\n' "$KEYRING" "$archive" "$SUITE" \
  >"$work/sources/leix.list"
export APT_CONFIG="$work/apt.conf"

# As root, apt downloads as the user _apt, who must be able to reach and write these folders.
chmod 755 "$work"
if [ "$(id -u)" -eq 0 ] && id _apt >/dev/null 2>&1; then
  chown _apt "$work/download"
fi

if ! apt-get -q update --error-on=any >"$work/log" 2>&1; then
  grep -E '^(E|W|Err)' "$work/log" | head -n 3 >&2
  fail 68 not-reached "Debian's archive did not answer; check the network and any proxy, then try again"
fi
if ! (cd "$work/download" && apt-get -q download "$package") >"$work/log" 2>&1; then
  grep -E '^(E|W|Err)' "$work/log" | head -n 3 >&2
  if grep -q 'Unable to locate package' "$work/log"; then
    fail 69 no-such-package "suite $SUITE has no package $package for $(dpkg --print-architecture)"
  fi
  fail 68 not-reached "downloading $package from Debian's archive failed; try again"
fi

deb=$(find "$work/download" -name '*.deb' | head -n 1)
if ! version=$(dpkg-deb -f "$deb" Version) || ! mkdir "$fresh" || ! dpkg-deb -x "$deb" "$fresh"; then
  fail 70 cannot-unpack "cannot unpack $package below $parent; is there room, and may this user write there?"
fi
if ! mv -T "$fresh" "$target" 2>/dev/null; then
  # Another run was quicker and put the same package there.
  [ -d "$target" ] || fail 70 cannot-unpack "cannot create $target"
fi
printf '%s %s\n' "$package" "$version"
