#!/usr/bin/env bash
# Runs a command with GAUNTLET_TEST_DATABASE_URL naming a throw-away PostgreSQL server: with-postgres.sh COMMAND [ARG ...]
# The server listens on a free loopback port, runs as a user other than root, and ends with the command.
set -euo pipefail

binaries() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }
bin=$(binaries)
if [ -z "$bin" ] && command -v pg_ctl >/dev/null; then bin=$(dirname "$(command -v pg_ctl)"); fi
if [ -z "$bin" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "PostgreSQL 15 or later is needed for these tests: install it (Debian: apt-get install postgresql) and run this again." >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
  bin=$(binaries)
fi

# PostgreSQL refuses to run as root.
as_user() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  id postgres >/dev/null 2>&1 || useradd --system --shell /bin/bash postgres
  as_user() { runuser -u postgres -- "$@"; }
fi

folder=$(mktemp -d)
chmod 755 "$folder"
data="$folder/data"
mkdir "$data"
[ "$(id -u)" != 0 ] || chown postgres "$data"
port=$(node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})")

stop() {
  (cd / && as_user "$bin/pg_ctl" -D "$data" -m immediate -w stop) >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT

(
  cd /
  as_user "$bin/initdb" -D "$data" -U gauntlet --auth=trust --encoding=UTF8 --no-locale --no-sync >/dev/null
  as_user "$bin/pg_ctl" -D "$data" -w -l "$data/log" -o "-p $port -k $data -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=500" start >/dev/null
  as_user "$bin/createdb" -h 127.0.0.1 -p "$port" -U gauntlet gauntlet_test
) || { cat "$data/log" >&2 2>/dev/null || true; exit 1; }

# Ends it without letting anybody finish, and starts it again.
restart="$folder/restart"
printf '#!/bin/bash\ncd /\n%s\n' "$(declare -f as_user); bin='$bin'; data='$data'; as_user \"\$bin/pg_ctl\" -D \"\$data\" -m immediate -w -l \"\$data/log\" restart >/dev/null" >"$restart"
chmod 755 "$restart"
export GAUNTLET_TEST_DATABASE_RESTART="$restart"
export GAUNTLET_TEST_DATABASE_URL="postgresql://gauntlet@127.0.0.1:$port/gauntlet_test"
"$@"
