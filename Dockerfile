# Three targets:
#   docker build --target cpu -t gauntlet .              any machine; the default
#   docker build --target cuda -t gauntlet:cuda .        NVIDIA, CUDA 12 + cuDNN 9: the compiled engine on onnxruntime's CUDA provider
#   docker build --target tfjs-gpu -t gauntlet:tfjs .    NVIDIA, CUDA 11.8 + cuDNN 8: the eager engine on @tensorflow/tfjs-node-gpu
#     (TensorFlow 2.9.1, as its package downloads it; scripts/with-tensorflow.sh --gpu, outside of a container, brings TensorFlow 2.21 with CUDA 12)
# Run: docker run -p 127.0.0.1:4000:4000 -v gauntlet:/data gauntlet      (GPU targets: add --gpus all)
ARG NODE_VERSION=20.20

FROM node:${NODE_VERSION}-bookworm-slim AS node

# --- packages and compiled code ---------------------------------------------------------------------------------------------------------
FROM node AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client/package.json client/
COPY web/package.json web/
COPY scripts/image/step.sh scripts/image/
RUN bash scripts/image/step.sh packages
COPY . .
RUN bash scripts/image/step.sh build

# What runs: the files of the npm package @gauntlet/server, beside the packages of package-lock.json without those of development, those that Prisma's command line
# brings, and other platforms' binaries of onnxruntime-node.
FROM build AS runtime-common
RUN bash scripts/image/step.sh runtime

# sharp's binaries are optional packages, so optional ones stay, and TensorFlow.js for other backends is removed by name.
FROM runtime-common AS runtime-cpu
RUN bash scripts/image/step.sh cpu

FROM runtime-cpu AS runtime-cuda
RUN bash scripts/image/step.sh cuda

FROM runtime-common AS runtime-tfjs-gpu
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 make g++ \
 && bash scripts/image/step.sh tfjs-gpu

# --- targets ----------------------------------------------------------------------------------------------------------------------------
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS cuda
COPY --from=node /usr/local/bin/node /usr/local/bin/node
RUN userdel --remove ubuntu 2>/dev/null; useradd --create-home --uid 1000 node && mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=runtime-cuda --chown=root:root /app/server /app
ENV NODE_ENV=production GAUNTLET_HOST=0.0.0.0 GAUNTLET_PORT=4000 GAUNTLET_DATA_DIR=/data GAUNTLET_CACHE_DIR=/data/cache GAUNTLET_ENGINE=auto
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.GAUNTLET_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/gauntlet-server.js"]

FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04 AS tfjs-gpu
COPY --from=node /usr/local/bin/node /usr/local/bin/node
RUN useradd --create-home --uid 1000 node && mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=runtime-tfjs-gpu --chown=root:root /app/server /app
ENV NODE_ENV=production GAUNTLET_HOST=0.0.0.0 GAUNTLET_PORT=4000 GAUNTLET_DATA_DIR=/data GAUNTLET_CACHE_DIR=/data/cache GAUNTLET_ENGINE=eager:tfjs-node-gpu
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.GAUNTLET_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/gauntlet-server.js"]

FROM node AS cpu
RUN mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=runtime-cpu --chown=root:root /app/server /app
ENV NODE_ENV=production GAUNTLET_HOST=0.0.0.0 GAUNTLET_PORT=4000 GAUNTLET_DATA_DIR=/data GAUNTLET_CACHE_DIR=/data/cache
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.GAUNTLET_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/gauntlet-server.js"]
