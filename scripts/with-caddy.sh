#!/usr/bin/env bash
# Runs a command with GAUNTLET_TEST_CADDY naming Caddy: with-caddy.sh COMMAND [ARG ...]
# It is compiled from Go's modules once (some minutes, with little priority) and kept in GAUNTLET_CACHE (default: ~/.cache/gauntlet).
set -euo pipefail

version=v2.11.9
cache=${GAUNTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gauntlet}
caddy=${GAUNTLET_TEST_CADDY:-$cache/caddy-$version/caddy}
if [ ! -x "$caddy" ]; then
  if ! command -v go >/dev/null; then
    echo "Go 1.25 or later is needed for these tests, to compile Caddy: install it, or set GAUNTLET_TEST_CADDY, and run this again." >&2
    exit 1
  fi
  echo "Compiling Caddy $version to $caddy (once; some minutes) ..." >&2
  mkdir -p "$cache"
  unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
  CGO_ENABLED=0 GOBIN="$unfinished" GOFLAGS="-mod=mod -p=1" nice -n 19 go install "github.com/caddyserver/caddy/v2/cmd/caddy@$version" >&2
  # Another run may have been faster.
  mv -T "$unfinished" "$(dirname "$caddy")" 2>/dev/null || rm -rf "$unfinished"
fi

export GAUNTLET_TEST_CADDY="$caddy"
exec "$@"
