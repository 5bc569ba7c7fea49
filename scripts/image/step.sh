#!/usr/bin/env bash
# One step of the images' build, in the folder of the program: step.sh packages|build|runtime|cpu|cuda|tfjs-gpu
# The Dockerfile runs them, and scripts/image/test.sh, which has no image engine.
set -euo pipefail

case $1 in
  packages)
    npm ci
    ;;
  build)
    node scripts/prepare.mjs
    node scripts/pack-server.mjs archives
    ;;
  runtime)
    npm prune --omit=dev
    rm -rf node_modules/prisma node_modules/typescript node_modules/effect \
      node_modules/@prisma/dev node_modules/@prisma/engines node_modules/@prisma/fetch-engine node_modules/@prisma/get-platform \
      node_modules/@prisma/studio-core
    find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 -type d ! -name linux -exec rm -rf {} +
    find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d ! -name "$(node -p process.arch)" -exec rm -rf {} +
    # The package that npm publishes, with the versions of package-lock.json instead of the newest.
    mkdir server
    tar -xzf archives/gauntlet-server-*.tgz -C server --strip-components 1
    mv node_modules server/
    # Links to workspaces, which stay behind.
    find server/node_modules -xtype l -delete
    ;;
  cpu)
    cd server
    rm -rf node_modules/@tensorflow/tfjs-node-gpu node_modules/@tensorflow/tfjs node_modules/@tensorflow/tfjs-data \
      node_modules/@tensorflow/tfjs-backend-webgl node_modules/core-js
    ;;
  cuda)
    cd server
    ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false
    ;;
  tfjs-gpu)
    cd server
    npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false
    ;;
  *)
    echo "There is no step $1." >&2
    exit 1
    ;;
esac
