#!/bin/sh
# make-network.sh <folder> <owner-file>
#
# Inside a container: makes the network that `docker compose up` runs on, unless the folder holds one. As root
# it is given to the owner of <owner-file>, a file of the checkout on the host.
set -eu

folder=$1 owner=$2
if [ -e "$folder/network.json" ]; then
  echo "using the network in $folder"
  exit 0
fi
# The engine may have made the folders that other containers mount, empty.
find "$folder" -mindepth 1 -type d -empty -delete
node packages/cli/src/main.ts network init --dir "$folder" --host broker --log-host ledger --log-port 4280
chmod 700 "$folder"
if [ "$(id -u)" -eq 0 ]; then
  chown -R --reference="$owner" "$folder"
fi
