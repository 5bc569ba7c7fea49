/** Networks as exporters write them: Python makes them one after another, and says of each what its framework computes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** One line of `networks/record.py`. Numbers lie beside it in the network's folder, as float32. */
const networkSchema = z.object({
  name: z.string(),
  exporter: z.string(),
  folder: z.string(),
  /** To upload. */
  file: z.string(),
  /** [height, width, channels]. */
  inputShape: z.tuple([z.number(), z.number(), z.number()]),
  /** Images, and those of them whose gradient is known. */
  count: z.number(),
  gradientCount: z.number().default(0),
  classCount: z.number(),
  labels: z.array(z.number()),
  /** What the file outputs. LABELS: rows with a single 1. */
  output: z.enum(['LOGITS', 'PROBABILITIES', 'LABELS']),
  precision: z.enum(['SINGLE', 'HALF', 'QUANTISED']),
  /** Given with the submission. */
  spec: z.record(z.string(), z.unknown()),
  options: z.record(z.string(), z.unknown()),
  /** Scores of the framework against those of the file by onnxruntime, relative to the largest. */
  exporterDifference: z.number().optional(),
  /** How far the framework's own gradients are from double precision, of any image. */
  rounding: z.number().default(0),
  /** How far the file's own scores move by a change of the pixels that is none, of any image, relative to the largest. */
  scoreRounding: z.number().default(0),
  /** Classes that the framework has for the images that FGSM makes in it; -1: rounding decides. */
  fgsm: z.array(z.number()).optional(),
});

export type Network = z.infer<typeof networkSchema>;

const failureSchema = z.object({ name: z.string(), exporter: z.string(), failed: z.string() });

/** A network that its own exporter refuses. */
export type NotExported = z.infer<typeof failureSchema>;

const lineSchema = z.union([z.object({ datasets: z.string() }), failureSchema, networkSchema]);

export type Line = z.infer<typeof lineSchema>;

/** @param program of this folder, by Python. */
export async function* linesOf(python: string, program: string, args: readonly string[]): AsyncGenerator<Line> {
  const path = new URL(`../../../tests/exporters/${program}`, import.meta.url).pathname;
  const child = spawn(python, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  const ended = once(child, 'close');
  try {
    for await (const line of createInterface({ input: child.stdout })) yield lineSchema.parse(JSON.parse(line));
    const [code] = await ended;
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}:\n${errors}`);
  } finally {
    child.kill();
  }
}

/** @param name of a file of float32 in the network's folder. */
export async function numbersOf({ folder }: Network, name: string): Promise<Float32Array> {
  const bytes = await readFile(join(folder, `${name}.f32`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
