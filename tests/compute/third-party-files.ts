/** Files of trained models of other people, from npm packages. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { ModelJson } from '../../src/compute/models/model-json.js';

const require = createRequire(import.meta.url);

export type Files = Readonly<Record<string, Uint8Array>>;

/** nsfwjs keeps every file of a model in a script: model.json as an object, shards in base64. */
export async function nsfwjs(name: string): Promise<Files> {
  const script = (file: string) => require(resolve('node_modules/nsfwjs/dist/models', name, `${file}.min.js`)) as unknown;
  const json = script('model') as ModelJson;
  const shards = json.weightsManifest[0]!.paths.map((path) => [path, Buffer.from(script(path) as string, 'base64')] as const);
  return { 'model.json': Buffer.from(JSON.stringify(json)), ...Object.fromEntries(shards) };
}

export async function emotion(): Promise<Files> {
  const read = (name: string) => readFile(join('node_modules/@vladmandic/human/models', name));
  return { 'model.json': await read('emotion.json'), 'emotion.bin': await read('emotion.bin') };
}
