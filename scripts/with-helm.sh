#!/usr/bin/env bash
# Runs a command with helm, kubeconform and promtool on its PATH: with-helm.sh COMMAND [ARG ...]
# They are compiled from Go's modules once (half an hour on two cores, with little priority) and kept in GAUNTLET_CACHE (default: ~/.cache/gauntlet).
set -euo pipefail

cache=${GAUNTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gauntlet}

# install NAME VERSION PACKAGE
install() {
  local folder="$cache/$1-$2" unfinished
  export PATH="$folder:$PATH"
  [ ! -x "$folder/$1" ] || return 0
  if ! command -v go >/dev/null; then
    echo "Go 1.25 or later is needed to check what is in deploy/: install it and run this again." >&2
    exit 1
  fi
  echo "Compiling $1 $2 to $folder (once; some minutes) ..." >&2
  mkdir -p "$cache"
  unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
  CGO_ENABLED=0 GOBIN="$unfinished" GOFLAGS="-mod=mod -p=1" nice -n 19 go install "$3@$2" >&2
  # Another run may have been faster.
  mv -T "$unfinished" "$folder" 2>/dev/null || rm -rf "$unfinished"
}

install kubeconform v0.8.0 github.com/yannh/kubeconform/cmd/kubeconform
install helm v3.22.0 helm.sh/helm/v3/cmd/helm
# Version 3.16 of Prometheus.
install promtool v0.316.0 github.com/prometheus/prometheus/cmd/promtool

"$@"
