#!/usr/bin/env bash
# Runs a command with GAUNTLET_TEST_S3 naming a bucket of a throw-away S3 server: with-s3.sh COMMAND [ARG ...]
# The server is versitygw over a temporary folder, on a free loopback port, and ends with the command. It is compiled once (Go, 2 minutes) and kept in
# GAUNTLET_CACHE (default: ~/.cache/gauntlet). GAUNTLET_TEST_S3_GATEWAY is its path, for tests that start and stop servers of their own.
set -euo pipefail

version=v1.8.0
cache=${GAUNTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gauntlet}
gateway="$cache/versitygw-$version/versitygw"
if [ ! -x "$gateway" ]; then
  if ! command -v go >/dev/null; then
    echo "Go 1.25 or later is needed for these tests, to compile versitygw: install it and run this again." >&2
    exit 1
  fi
  echo "Compiling versitygw $version to $gateway (once; 2 minutes) ..." >&2
  mkdir -p "$cache"
  unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
  GOBIN="$unfinished" GOFLAGS=-mod=mod go install "github.com/versity/versitygw/cmd/versitygw@$version" >&2
  # Another run may have been faster.
  mv -T "$unfinished" "$(dirname "$gateway")" 2>/dev/null || rm -rf "$unfinished"
fi

folder=$(mktemp -d)
mkdir "$folder/data" "$folder/data/gauntlet"
port=$(node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})")
export AWS_ACCESS_KEY_ID=gauntlet AWS_SECRET_ACCESS_KEY=gauntlet-secret AWS_REGION=us-east-1
export AWS_ENDPOINT_URL_S3="http://127.0.0.1:$port" GAUNTLET_TEST_S3=s3://gauntlet GAUNTLET_TEST_S3_GATEWAY="$gateway"

stop() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$folder"
}
(cd "$folder" && exec "$gateway" --quiet --access "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY" --region "$AWS_REGION" --port "127.0.0.1:$port" posix "$folder/data" >"$folder/log" 2>&1) &
server=$!
trap stop EXIT
for _ in $(seq 100); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }

"$@"
