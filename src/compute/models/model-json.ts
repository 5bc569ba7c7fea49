/** Finds, parses and writes the `model.json` of a LayersModel or GraphModel. @module */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { HostTensors } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { findFiles } from './model-files.js';
import type { ModelLimits } from './types.js';

const weightSchema = z.object({
  name: z.string().min(1),
  shape: z.array(z.number().int().nonnegative()),
  // NumPy of some versions has another name for booleans, which the converter writes.
  dtype: z.string().transform((dtype) => (dtype === 'bool8' ? 'bool' : dtype)),
  group: z.string().optional(),
  quantization: z
    .union([
      z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
      z.object({ dtype: z.literal('float16') }),
    ])
    .optional(),
});

const modelJsonSchema = z.object({
  format: z.string().optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(z.object({ paths: z.array(z.string().min(1)), weights: z.array(weightSchema) })),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional(),
  /** Names of the inputs and outputs of a GraphModel. */
  signature: z.unknown().optional(),
});

export type WeightEntry = z.infer<typeof weightSchema>;
export type ModelJson = z.infer<typeof modelJsonSchema>;
export type WeightsManifest = ModelJson['weightsManifest'];

/** @returns the path of the one `model.json` in or below `directory`. @throws ComputeError INVALID_MODEL where there is none, or several. */
export async function findModelJson(directory: string): Promise<string> {
  const found = await findFiles(directory, (name) => name === 'model.json');
  if (found.length > 1) {
    throw new ComputeError('INVALID_MODEL', `There are ${found.length} files named model.json. Submit one model at a time.`, [
      'model.json',
    ]);
  }
  if (found[0]) return found[0];
  throw new ComputeError(
    'INVALID_MODEL',
    'There is no .onnx file and no model.json. Submit an ONNX file, or the folder that tfjs-layers or tensorflowjs_converter wrote.',
    ['model.json'],
  );
}

/** @throws ComputeError LIMIT_EXCEEDED or INVALID_MODEL, with the path of the field at fault. */
export async function readModelJson(path: string, limits: ModelLimits): Promise<{ json: ModelJson; directory: string }> {
  const { size } = await stat(path);
  if (size > limits.maximumJsonBytes) {
    throw new ComputeError('LIMIT_EXCEEDED', `model.json has ${size} bytes; at most ${limits.maximumJsonBytes} are accepted.`, [
      'model.json',
    ]);
  }
  return { json: parseModelJson(await readFile(path, 'utf8')), directory: dirname(path) };
}

/** Writes `model.json`, and all weights into `weights.bin`. @param directory made where it does not exist. */
export async function writeModelJson(
  directory: string,
  { format, modelTopology, ...rest }: Omit<ModelJson, 'weightsManifest'>,
  weights: HostTensors,
): Promise<void> {
  const entries = Object.entries(weights);
  const json = {
    format,
    generatedBy: 'Gauntlet',
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: entries.map(([name, { shape, dtype }]) => ({ name, shape, dtype })) }],
    ...rest,
  };
  const bytes = entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'weights.bin'), Buffer.concat(bytes));
  await writeFile(join(directory, 'model.json'), `${JSON.stringify(json, null, 1)}\n`);
}

function parseModelJson(text: string): ModelJson {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new ComputeError('INVALID_MODEL', `model.json is not JSON: ${(error as Error).message}`, ['model.json'], { cause: error });
  }
  const result = modelJsonSchema.safeParse(raw);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new ComputeError('INVALID_MODEL', `model.json is no model with weights: ${path.join('.') || 'root'}: ${message}`, [
    'model.json',
    ...path.map(String),
  ]);
}

/** Key of the spec in `userDefinedMetadata` of a `model.json` that this project wrote. */
export const SPEC_METADATA_KEY = 'gauntletSpec';
