/** Makes small GraphModels, as tensorflowjs_converter writes them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOf } from '../../src/compute/tensors/host-tensor.js';

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, object>>;
}

export interface Weight {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: 'float32' | 'int32';
}

export interface GraphModelSpec {
  /** With the batch axis; -1 leaves a size open. */
  readonly input: readonly number[];
  /** In any order; the last one's value is what comes out where no other reads it. */
  readonly nodes: readonly NodeDef[];
  readonly weights: Readonly<Record<string, Weight>>;
}

export const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
export const texts = (...values: string[]) => ({ list: { s: values.map((value) => text(value).s) } });
export const numbers = (...values: number[]) => ({ list: { i: values.map(String) } });

/** Files by name. */
export function graphModel({ input, nodes, weights }: GraphModelSpec): Record<string, Uint8Array> {
  const image = {
    name: 'image',
    op: 'Placeholder',
    attr: { shape: { shape: { dim: input.map((size) => ({ size: String(size) })) } } },
  };
  const entries = Object.entries(weights);
  const constants = entries.map(([name]) => ({ name, op: 'Const' }));
  const bytes = entries.map(([, { dtype, values }]) => new Uint8Array((dtype === 'int32' ? Int32Array : Float32Array).from(values).buffer));
  const manifest = entries.map(([name, { shape, dtype = 'float32', values }]) => {
    if (sizeOf(shape) !== values.length) throw new Error(`${name} has ${values.length} values`);
    return { name, shape, dtype };
  });
  const json = {
    format: 'graph-model',
    modelTopology: { node: [image, ...constants, ...nodes], versions: { producer: 1 } },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: manifest }],
  };
  return { 'model.json': Buffer.from(JSON.stringify(json)), 'group1-shard1of1.bin': Buffer.concat(bytes) };
}

/** @returns the folder, which is made. */
export async function writeFiles(directory: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
  return directory;
}
