#!/usr/bin/env bash
# The build steps of the image for the CPU, in a temporary folder with the files of the last commit, and a server that starts from what is left: npm run test:image
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT
mkdir "$folder/app" "$folder/data"
# As the Dockerfile copies them: what .dockerignore names stays out.
git archive HEAD | tar -x -C "$folder/app"
while IFS= read -r pattern; do
  case $pattern in '' | '#'* | '!'*) ;; *) (cd "$folder/app" && rm -rf -- $pattern) ;; esac
done <.dockerignore

cd "$folder/app"
for step in packages build runtime cpu; do
  echo "step $step" >&2
  bash scripts/image/step.sh "$step" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
done

cd server
port=$(node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})")
env -i PATH="$PATH" HOME="$folder" NODE_ENV=production GAUNTLET_HOST=127.0.0.1 GAUNTLET_PORT="$port" \
  GAUNTLET_DATA_DIR="$folder/data" GAUNTLET_CACHE_DIR="$folder/data/cache" \
  node bin/gauntlet-server.js >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 120); do
  if curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; then
    echo "the server of the image answers, from $(du -sm . | cut -f1) MB" >&2
    exit 0
  fi
  kill -0 "$server" 2>/dev/null || break
  sleep 1
done
cat "$folder/log" >&2
exit 1
