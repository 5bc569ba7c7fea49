#!/usr/bin/env bash
# Packs server and client, installs both in an empty folder, and evaluates a model there: test-packages.sh
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; fi; rm -rf "$folder"' EXIT

node scripts/pack-server.mjs "$folder/archives"
mkdir "$folder/empty"
cd "$folder/empty"
npm init --yes > /dev/null
npm install --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error "$folder"/archives/*.tgz

GAUNTLET_PORT=0 GAUNTLET_LOG_LEVEL=warn ./node_modules/.bin/gauntlet-server > "$folder/log" 2>&1 &
server=$!
for _ in $(seq 240); do
  if grep -q 'Gauntlet serves at' "$folder/log" || ! kill -0 "$server" 2> /dev/null; then break; fi
  sleep 0.5
done
GAUNTLET_URL=$(sed -n 's|^Gauntlet serves at \(.*\)/graphql\. .*|\1|p' "$folder/log")
GAUNTLET_TOKEN=$(sed -n 's/^export GAUNTLET_TOKEN=//p' "$folder/log")
export GAUNTLET_URL GAUNTLET_TOKEN
if [ -z "$GAUNTLET_URL" ]; then
  cat "$folder/log" >&2
  exit 1
fi

# The dashboard, a built-in model, and one that is opened in the sandbox.
node -e 'fetch(process.env.GAUNTLET_URL).then(async (page) => process.exit((await page.text()).includes("<div id=\"root\">") ? 0 : 1))'
npx gauntlet download mnist-baseline --out model.onnx
npx gauntlet submit model.onnx --name mine --input-shape 28,28,1 --classes 10 > /dev/null
accuracy=$(npx gauntlet --json evaluate mine --dataset mnist-test --attacks fgsm --epsilon 25/255 --samples 100 |
  node -p 'JSON.parse(require("fs").readFileSync(0))[0].adversarial.top1.value')
if [ "$accuracy" != 0.8 ]; then
  echo "The installed server finds a robust accuracy of $accuracy, not 0.8." >&2
  exit 1
fi
echo "The packages serve and evaluate from an empty folder."
