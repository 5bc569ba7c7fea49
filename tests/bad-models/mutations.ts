/** Valid models changed at random: what a fuzzer sends. @module */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { randomStream, type RandomStream } from '../../src/compute/random.js';
import { json, zipOf, type Files } from '../server/support/upload.js';
import { goodTar } from './archives.js';
import { graphFiles, layersModel, onnx } from './valid.js';

export interface Mutant {
  readonly of: string;
  readonly bytes: Uint8Array;
}

type Mutation = (bytes: Uint8Array, random: RandomStream) => Uint8Array;

const REPORTED = readdirSync('tests/fixtures/cases').map((name) => readFileSync(`tests/fixtures/cases/${name}`));
const QUANTISED = ['quantised-qdq', 'quantised-qop', 'quantised-dyn'].map((name) => readFileSync(`tests/fixtures/quantised/${name}.onnx`));
const EXPORTED = ['resnet', 'vit', 'mobilenet'].map((name) => readFileSync(`tests/fixtures/onnx/${name}.onnx`));

const flip: Mutation = (bytes, { integer }) => {
  const copy = Uint8Array.from(bytes);
  for (let n = 1 + integer(8); n > 0; n--) copy[integer(copy.length)]! ^= 1 << integer(8);
  return copy;
};

const cut: Mutation = (bytes, { integer }) => bytes.subarray(0, integer(bytes.length));

/** A piece copied to another place, over what is there or between. */
const splice: Mutation = (bytes, { integer }) => {
  const [from, to] = [integer(bytes.length), integer(bytes.length)];
  const piece = bytes.subarray(from, from + 1 + integer(64));
  return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to + integer(2) * piece.length)]);
};

/** Sizes and numbers that are at the edge of something. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff].map((byte) => Array<number>(8).fill(byte));

const overwrite: Mutation = (bytes, { integer }) => {
  const copy = Uint8Array.from(bytes);
  const edge = EDGES[integer(EDGES.length)]!.slice(0, 1 + integer(8));
  copy.set(edge.slice(0, copy.length), integer(Math.max(1, copy.length - edge.length)));
  return copy;
};

const BYTES: readonly Mutation[] = [flip, cut, splice, overwrite];

const VALUES: readonly unknown[] = [
  null,
  -1,
  0,
  1.5,
  2 ** 31,
  1e300,
  '',
  'x',
  '__proto__',
  [],
  {},
  true,
  [[]],
  'float16',
  'SAME',
  [0, 0],
  [-1],
];

/** One to four values of the JSON replaced, removed, or put elsewhere. */
function edit(model: Uint8Array, { integer }: RandomStream): Uint8Array {
  const root = JSON.parse(Buffer.from(model).toString()) as object;
  for (let n = 1 + integer(4); n > 0; n--) {
    const places = placesIn(root);
    const { parent, key } = places[integer(places.length)]!;
    const other = places[integer(places.length)]!;
    const action = integer(3);
    if (action === 0) delete parent[key];
    // A copy: the other place may be around this one.
    else if (action === 1) parent[key] = structuredClone(other.parent[other.key]);
    else parent[key] = VALUES[integer(VALUES.length)];
  }
  return json(root);
}

function placesIn(node: unknown): { parent: Record<string, unknown>; key: string }[] {
  if (typeof node !== 'object' || node === null) return [];
  const parent = node as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn(parent[key])]);
}

const byteMutant = (bytes: Uint8Array, random: RandomStream) => BYTES[random.integer(BYTES.length)]!(bytes, random);

/** A folder of a model with its model.json edited, or bytes of any of its files changed. */
function folderMutant(files: Files, random: RandomStream): Uint8Array {
  const name = random.integer(4) > 0 ? 'model.json' : Object.keys(files)[random.integer(Object.keys(files).length)]!;
  const change = name === 'model.json' && random.integer(4) > 0 ? edit : byteMutant;
  return zipOf({ ...files, [name]: change(files[name]!, random) });
}

const KINDS: readonly (readonly [string, (random: RandomStream) => Uint8Array])[] = [
  ['ONNX', (random) => byteMutant(onnx(), random)],
  ['ONNX of PyTorch', (random) => byteMutant(EXPORTED[random.integer(EXPORTED.length)]!, random)],
  ['ONNX as reported', (random) => byteMutant(REPORTED[random.integer(REPORTED.length)]!, random)],
  ['ONNX quantised', (random) => byteMutant(QUANTISED[random.integer(QUANTISED.length)]!, random)],
  ['LayersModel', (random) => folderMutant(layersModel(), random)],
  ['GraphModel', (random) => folderMutant(graphFiles(), random)],
  ['zip', (random) => byteMutant(zipOf(layersModel()), random)],
  ['tar', (random) => byteMutant(goodTar(), random)],
  ['tar.gz', (random) => byteMutant(gzipSync(goodTar()), random)],
];

/** The kinds take turns; the same seed and index give the same file. */
export function mutant(seed: number, index: number): Mutant {
  const [of, make] = KINDS[index % KINDS.length]!;
  return { of, bytes: make(randomStream(seed, 'fuzz', index)) };
}
