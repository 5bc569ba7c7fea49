/**
 * Reads the weight shards of a LayersModel. Everything that model.json declares is checked against limits and against the sizes of the files
 * before any memory is taken for it.
 * @module
 */
import { stat } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { type HostTensor, type HostTensors, sizeOf } from '../tensors/index.js';
import { computeOn, toHost } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { checkFinite } from './finite.js';
import { pathInside, readExactly } from './model-files.js';
import type { WeightEntry, WeightsManifest } from './model-json.js';
import type { ModelLimits } from './types.js';

const BYTES: Record<string, number> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };
const DTYPES = ['float32', 'int32', 'bool'];

/**
 * All weights by name; the slots of an optimizer that was saved along are left out.
 * @throws ComputeError LIMIT_EXCEEDED, UNSUPPORTED_OPERATION (dtype) or INVALID_MODEL.
 */
export async function readWeights(directory: string, manifest: WeightsManifest, limits: ModelLimits): Promise<HostTensors> {
  checkDeclarations(manifest, limits);
  const groups = await Promise.all(manifest.map((group) => checkShards(directory, group)));
  const weights = noTensors();
  for (const [i, shards] of groups.entries()) Object.assign(weights, await readGroup(shards, manifest[i]!.weights));
  for (const [name, weight] of Object.entries(weights)) checkFinite(name, weight);
  return weights;
}

/** Files name weights as they like, `__proto__` too. */
const noTensors = (): HostTensors => Object.create(null) as HostTensors;

function checkDeclarations(manifest: WeightsManifest, limits: ModelLimits): void {
  const entries = manifest.flatMap((group) => group.weights);
  const badTypes = entries.filter(({ dtype, quantization }) => !DTYPES.includes(dtype) || (quantization && dtype === 'bool'));
  if (badTypes.length > 0) {
    const named = badTypes.map(({ name, dtype }) => `${name} (${dtype})`).join(', ');
    throw new ComputeError('UNSUPPORTED_OPERATION', `Weights may be ${DTYPES.join(', ')}; these are not: ${named}.`, ['weightsManifest']);
  }
  const declared = entries.reduce((sum, entry) => sum + storedBytes(entry), 0);
  // Dequantised, every value takes four bytes of memory.
  const inMemory = entries.reduce((sum, entry) => sum + 4 * sizeOf(entry.shape), 0);
  if (!(Math.max(declared, inMemory) <= limits.maximumWeightBytes)) {
    throw new ComputeError(
      'LIMIT_EXCEEDED',
      `model.json declares ${Math.max(declared, inMemory)} bytes of weights; at most ${limits.maximumWeightBytes} are accepted.`,
      ['weightsManifest'],
    );
  }
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name)) throw new ComputeError('INVALID_MODEL', `Two weights are named ${name}.`, ['weights', name]);
    seen.add(name);
  }
}

interface Shard {
  readonly path: string;
  readonly size: number;
}

/** Files of one group, which must hold exactly the bytes that its weights need. */
async function checkShards(directory: string, group: WeightsManifest[number]): Promise<readonly Shard[]> {
  const shards = await Promise.all(group.paths.map((name) => checkShard(directory, name)));
  const declared = group.weights.reduce((sum, entry) => sum + storedBytes(entry), 0);
  const actual = shards.reduce((sum, { size }) => sum + size, 0);
  if (actual !== declared) {
    const hint = actual < declared ? 'A shard is missing or was cut short' : 'The shards are of another model';
    throw new ComputeError(
      'INVALID_MODEL',
      `${group.paths.join(', ')} together have ${actual} bytes where the manifest declares ${declared}. ${hint}; submit the model again.`,
      ['weightsManifest', ...group.paths],
    );
  }
  return shards;
}

async function checkShard(directory: string, name: string): Promise<Shard> {
  const path = await pathInside(directory, name);
  return { path, size: (await stat(path)).size };
}

async function readGroup(shards: readonly Shard[], entries: readonly WeightEntry[]): Promise<HostTensors> {
  const bytes = new Uint8Array(shards.reduce((sum, { size }) => sum + size, 0));
  let position = 0;
  for (const { path, size } of shards) {
    await readExactly(path, bytes.subarray(position, position + size), 0);
    position += size;
  }
  const weights = noTensors();
  let offset = 0;
  for (const entry of entries) {
    const end = offset + storedBytes(entry);
    if (entry.group !== 'optimizer') weights[entry.name] = decode(entry, bytes.buffer.slice(offset, end));
    offset = end;
  }
  return weights;
}

/** @param buffer exactly this weight's bytes, little-endian. */
function decode(entry: WeightEntry, buffer: ArrayBuffer): HostTensor {
  const { dtype, shape, quantization } = entry;
  if (quantization) {
    const spec = entry as tf.io.WeightsManifestEntry;
    return computeOn('cpu', () => toHost(tf.io.decodeWeights(buffer, [spec])[entry.name]!));
  }
  if (dtype === 'bool') return { dtype, shape, data: new Uint8Array(buffer) };
  if (dtype === 'int32') return { dtype, shape, data: new Int32Array(buffer) };
  return { dtype: 'float32', shape, data: new Float32Array(buffer) };
}

function storedBytes({ shape, dtype, quantization }: WeightEntry): number {
  return sizeOf(shape) * (BYTES[quantization?.dtype ?? dtype] ?? 4);
}
