import { toLevels } from '../../src/compute/distances/index.js';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { alignment } from '../../src/compute/distances/pass-alignment.js';
import { similarities } from '../../src/compute/distances/similarity.js';
import { pairFor, ssim } from '../../src/compute/distances/ssim.js';
import type { ImageShape } from '../../src/compute/tensors/types.js';
import { randomStream } from '../../src/compute/random.js';

const MNIST: ImageShape = [28, 28, 1];
const dataset = await openDataset({ format: 'mnist', split: 'test' });
const images = toLevels((await dataset.read(0, 20)).images);
await dataset.close();
const image = (i: number) => images.subarray(784 * i, 784 * (i + 1));

/** The definition, written as its sum over a window in two dimensions. */
function byDefinition(x: ArrayLike<number>, y: ArrayLike<number>, [height, width]: ImageShape, size: number): number {
  const half = (size - 1) / 2;
  const gauss = (dy: number, dx: number) => Math.exp(-(dx * dx + dy * dy) / (2 * 1.5 * 1.5));
  const values: number[] = [];
  for (let row = half; row < height - half; row++) {
    for (let column = half; column < width - half; column++) {
      let [weights, mx, my, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
      for (let dy = -half; dy <= half; dy++) {
        for (let dx = -half; dx <= half; dx++) {
          const weight = gauss(dy, dx);
          const [a, b] = [x[(row + dy) * width + column + dx]!, y[(row + dy) * width + column + dx]!];
          weights += weight;
          mx += weight * a;
          my += weight * b;
          xx += weight * a * a;
          yy += weight * b * b;
          xy += weight * a * b;
        }
      }
      [mx, my, xx, yy, xy] = [mx / weights, my / weights, xx / weights, yy / weights, xy / weights];
      const [c1, c2] = [2.55 ** 2, 7.65 ** 2];
      values.push(((2 * mx * my + c1) * (2 * (xy - mx * my) + c2)) / ((mx * mx + my * my + c1) * (xx - mx * mx + yy - my * my + c2)));
    }
  }
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const noisy = (original: Uint8Array, sigma: number) => {
  const stream = randomStream(1, 'test.ssim', 0);
  return original.map((value) => Math.min(255, Math.max(0, Math.round(value + sigma * stream.normal()))));
};

describe('SSIM', () => {
  it('agrees with its definition, also where a small image shrinks the window', () => {
    expect(ssim(image(0), noisy(image(0), 20), MNIST)).toBeCloseTo(byDefinition(image(0), noisy(image(0), 20), MNIST, 11), 6);
    const small = image(0).slice(300, 300 + 48);
    expect(ssim(small, noisy(small, 20), [6, 8, 1])).toBeCloseTo(byDefinition(small, noisy(small, 20), [6, 8, 1], 5), 6);
  });

  it('of flat images is the luminance term alone: (2·100·150 + C1) / (100² + 150² + C1)', () => {
    const flat = (value: number) => new Uint8Array(784).fill(value);
    expect(ssim(flat(100), flat(150), MNIST)).toBeCloseTo(30006.5025 / 32506.5025, 7);
  });

  it('is 1 of an image with itself, symmetric, negative of a negative, and falls with noise', () => {
    expect(ssim(image(1), image(1), MNIST)).toBeCloseTo(1, 12);
    expect(ssim(image(1), image(2), MNIST)).toBeCloseTo(ssim(image(2), image(1), MNIST), 12);
    const texture = Uint8Array.from(image(0), (_, p) => ((p + Math.floor(p / 28)) % 2) * 255);
    expect(
      ssim(
        texture,
        texture.map((value) => 255 - value),
        MNIST,
      ),
    ).toBeLessThan(-0.9);
    const scores = [5, 20, 60].map((sigma) => ssim(image(3), noisy(image(3), sigma), MNIST));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores[0]).toBeLessThan(1);
  });

  it('of colour images is the mean over the channels', () => {
    const [a, b] = [image(4), noisy(image(4), 30)];
    const colour = (values: Uint8Array) => Uint8Array.from({ length: 784 * 3 }, (_, k) => (k % 3 === 0 ? values : a)[Math.floor(k / 3)]!);
    expect(ssim(colour(a), colour(b), [28, 28, 3])).toBeCloseTo((2 + ssim(a, b, MNIST)) / 3, 7);
  });
});

describe('PASS', () => {
  /** Moved by whole pixels; what leaves on one side is blank on MNIST. */
  const moved = (original: Uint8Array, down: number, right: number) =>
    Uint8Array.from(original, (_, p) => original[(Math.floor(p / 28) - down) * 28 + (p % 28) - right] ?? 0);
  /** Turned about the centre, bilinear. */
  const turned = (original: Uint8Array, degrees: number) => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    return Uint8Array.from(original, (_, p) => {
      const [x, y] = [(p % 28) - 13.5, Math.floor(p / 28) - 13.5];
      const [column, row] = [cos * x - sin * y + 13.5, sin * x + cos * y + 13.5];
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const at = (r: number, c: number) => (r < 0 || c < 0 || r > 27 || c > 27 ? 0 : original[r * 28 + c]!);
      const [dx, dy] = [column - left, row - top];
      return (
        (1 - dy) * ((1 - dx) * at(top, left) + dx * at(top, left + 1)) + dy * ((1 - dx) * at(top + 1, left) + dx * at(top + 1, left + 1))
      );
    });
  };
  const scores = async (change: (original: Uint8Array) => Uint8Array) => {
    const changed = Buffer.concat(Array.from({ length: 20 }, (_, i) => change(image(i))));
    const { ssim: before, pass: after } = await similarities(images, changed, 20, MNIST);
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / 20;
    return { ssim: mean(before), pass: mean(after) };
  };

  it('is invariant to shifts and rotations, which SSIM is not', async () => {
    for (const change of [(x: Uint8Array) => moved(x, 1, 1), (x: Uint8Array) => turned(x, 12)]) {
      const { ssim: before, pass: after } = await scores(change);
      expect(before).toBeLessThan(0.75);
      expect(after).toBeGreaterThan(0.85);
    }
  });

  it('is near SSIM for noise, and 1 for an unchanged image', async () => {
    const { ssim: before, pass: after } = await scores((x) => noisy(x, 25));
    expect(Math.abs(after - before)).toBeLessThan(0.05);
    expect((await similarities(images, images, 20, MNIST)).pass).toEqual(new Float32Array(20).fill(1));
  });

  it('leaves flat images unchanged', () => {
    const flat = new Uint8Array(784).fill(7);
    expect(alignment(pairFor(image(0), flat, MNIST), MNIST)).toBeUndefined();
    expect(alignment(pairFor(flat, image(0), MNIST), MNIST)).toBeUndefined();
  });
});

describe('the compiled loops', () => {
  it('are of the sources in assembly/', async () => {
    const hash = createHash('sha256');
    for (const name of (await readdir('assembly')).sort()) hash.update(await readFile(`assembly/${name}`));
    const committed = await readFile('assets/assembly/similarity.sha256', 'utf8');
    expect(committed.trim(), 'similarity.wasm is stale: run `npm run compile:assembly`').toBe(hash.digest('hex'));
  });
});
