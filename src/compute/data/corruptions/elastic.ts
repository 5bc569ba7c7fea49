/** Elastic deformation after a random affine map (Simard et al. 2003). @module */
import type { RandomStream } from '../../random.js';
import { gaussian } from './filters.js';
import { type Border, fractions, levels, reflect, reflect101 } from './pictures.js';
import { type CorruptionScale, defineCorruption, type Picture } from './types.js';

/** Length of the deformation, its σ, and how far corners move, in pixels of the published size. */
type Elastic = readonly [alpha: number, sigma: number, affine: number];

/** Published as multiples of the side; 244 of ImageNet is the authors' own slip for 224. */
const scaled = (side: number, [alpha, sigma, affine]: Elastic): Elastic => [side * alpha, side * sigma, side * affine];

const TABLES: Readonly<Record<CorruptionScale, readonly [Elastic, Elastic, Elastic, Elastic, Elastic]>> = {
  CIFAR: [
    scaled(32, [0, 0, 0.08]),
    scaled(32, [0.05, 0.2, 0.07]),
    scaled(32, [0.08, 0.06, 0.06]),
    scaled(32, [0.1, 0.04, 0.05]),
    scaled(32, [0.1, 0.03, 0.03]),
  ],
  TINY_IMAGENET: [
    scaled(64, [0, 0, 0.08]),
    scaled(64, [0.05, 0.3, 0.06]),
    scaled(64, [0.1, 0.08, 0.06]),
    scaled(64, [0.1, 0.03, 0.03]),
    scaled(64, [0.16, 0.03, 0.02]),
  ],
  IMAGENET: [
    scaled(244, [2, 0.7, 0.1]),
    scaled(244, [2, 0.08, 0.2]),
    scaled(244, [0.05, 0.01, 0.02]),
    scaled(244, [0.07, 0.01, 0.02]),
    scaled(244, [0.12, 0.01, 0.02]),
  ],
};

export const elasticTransform = defineCorruption<Elastic>({
  kind: 'ELASTIC_TRANSFORM',
  group: 'DIGITAL',
  description: 'Stretches and contracts small regions.',
  tables: TABLES,
  apply(image, [alpha, sigma, affine], stream) {
    const moved = warped(fractions(image), affine, stream);
    const [dx, dy] = [0, 1].map(() => displacement(image, alpha, sigma, stream)) as [Float64Array, Float64Array];
    const { height, width, channels } = image;
    const out = new Float64Array(moved.values.length);
    for (let p = 0; p < height * width; p++) {
      const [y, x] = [Math.floor(p / width) + dy[p]!, (p % width) + dx[p]!];
      for (let c = 0; c < channels; c++) out[p * channels + c] = bilinear(moved, y, x, c, reflect);
    }
    return levels(out);
  },
});

/** For each pixel, smooth. */
function displacement(
  { height, width }: Pick<Picture, 'height' | 'width'>,
  alpha: number,
  sigma: number,
  stream: RandomStream,
): Float64Array {
  const values = Float64Array.from({ length: height * width }, () => -1 + 2 * stream.uniform());
  const smooth = gaussian({ height, width, channels: 1, values }, sigma, { border: reflect, truncate: 3 });
  return smooth.values.map((value) => value * alpha);
}

/** `cv2.warpAffine` by three points of the middle that move at random, each by up to `affine` pixels. */
function warped(picture: Picture, affine: number, stream: RandomStream): Picture {
  const { height, width, channels } = picture;
  // The published code takes (rows, columns) for (x, y), which is the same for squares.
  const [cx, cy] = [Math.floor(height / 2), Math.floor(width / 2)];
  const size = Math.floor(Math.min(height, width) / 3);
  const from = [
    [cx + size, cy + size],
    [cx + size, cy - size],
    [cx - size, cy - size],
  ] as const;
  const moved = (position: number) => Math.fround(position + Math.fround(-affine + 2 * affine * stream.uniform()));
  const to = from.map(([x, y]) => [moved(x), moved(y)] as const);
  const [toSourceX, toSourceY] = [0, 1].map((axis) =>
    affineThrough(
      to,
      from.map((point) => point[axis]!),
    ),
  ) as [Plane, Plane];
  const out = new Float64Array(picture.values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [sourceX, sourceY] = [in32nds(toSourceX, x, y), in32nds(toSourceY, x, y)];
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = bilinear(picture, sourceY, sourceX, c, reflect101);
    }
  }
  return { height, width, channels, values: out };
}

type Plane = readonly [a: number, b: number, c: number];

/** OpenCV interpolates at multiples of 1/32, of positions in 1/1024. */
function in32nds([a, b, c]: Plane, x: number, y: number): number {
  return Math.floor((Math.round(a * x * 1024) + Math.round((b * y + c) * 1024) + 16) / 32) / 32;
}

/** The plane `a x + b y + c` through three values, by Cramer's rule. */
function affineThrough(points: readonly (readonly [number, number])[], values: readonly number[]): Plane {
  const [[x1, y1], [x2, y2], [x3, y3]] = points as [[number, number], [number, number], [number, number]];
  const [v1, v2, v3] = values as [number, number, number];
  const determinant = (x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1);
  const a = ((v2 - v1) * (y3 - y1) - (v3 - v1) * (y2 - y1)) / determinant;
  const b = ((x2 - x1) * (v3 - v1) - (x3 - x1) * (v2 - v1)) / determinant;
  return [a, b, v1 - a * x1 - b * y1];
}

function bilinear({ height, width, channels, values }: Picture, y: number, x: number, channel: number, border: Border): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  const value = (row: number, column: number) => values[(border(row, height) * width + border(column, width)) * channels + channel]!;
  const above = value(top, left) * (1 - right) + value(top, left + 1) * right;
  const below = value(top + 1, left) * (1 - right) + value(top + 1, left + 1) * right;
  return above * (1 - down) + below * down;
}
