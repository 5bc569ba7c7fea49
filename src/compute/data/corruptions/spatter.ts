/** Drops of water or mud on the lens. @module */
import { canny, distanceTo, equaliseHistogram } from './edges.js';
import { boxBlur3, filter2d, gaussian } from './filters.js';
import { fractions, levels } from './pictures.js';
import { defineCorruption } from './types.js';

/** Mean and σ of the liquid, what smooths it, the threshold under which there is none, its strength or (of mud) what smooths that, and 1 for mud. */
type Spatter = readonly [mean: number, sigma: number, smoothing: number, threshold: number, strength: number, isMud: 0 | 1];

/** Pale turquoise and mud brown. */
const WATER = [175, 238, 238];
const MUD = [63, 42, 20];

const HIGHLIGHT = { side: 3, weights: [-2, -1, 0, -1, 1, 1, 0, 1, 2] };

export const spatter = defineCorruption<Spatter>({
  kind: 'SPATTER',
  group: 'EXTRA',
  description: 'Drops of water on the lens, of mud from severity 4 on.',
  channels: [1, 3],
  tables: {
    CIFAR: [
      [0.62, 0.1, 0.7, 0.7, 0.5, 0],
      [0.65, 0.1, 0.8, 0.7, 0.5, 0],
      [0.65, 0.3, 1, 0.69, 0.5, 0],
      [0.65, 0.1, 0.7, 0.69, 0.6, 1],
      [0.65, 0.1, 0.5, 0.68, 0.6, 1],
    ],
    TINY_IMAGENET: [
      [0.62, 0.1, 0.7, 0.7, 0.6, 0],
      [0.65, 0.1, 0.8, 0.7, 0.6, 0],
      [0.65, 0.3, 1, 0.69, 0.6, 0],
      [0.65, 0.1, 0.7, 0.68, 0.6, 1],
      [0.65, 0.1, 0.5, 0.67, 0.6, 1],
    ],
    IMAGENET: [
      [0.65, 0.3, 4, 0.69, 0.6, 0],
      [0.65, 0.3, 3, 0.68, 0.6, 0],
      [0.65, 0.3, 2, 0.68, 0.5, 0],
      [0.65, 0.3, 1, 0.65, 1.5, 1],
      [0.67, 0.4, 1, 0.65, 1.5, 1],
    ],
  },
  apply(image, [mean, sigma, smoothing, threshold, strength, isMud], stream) {
    const { height, width, channels, values } = fractions(image);
    const layer = (own: Float64Array) => ({ height, width, channels: 1, values: own });
    const noise = Float64Array.from({ length: height * width }, () => mean + sigma * stream.normal());
    const liquid = gaussian(layer(noise), smoothing).values.map((value) => (value < threshold ? 0 : value));
    const colour = (isMud ? MUD : WATER).map((level) => level / 255);
    const colourOf = (c: number) => (channels === 3 ? colour[c]! : 0.299 * colour[0]! + 0.587 * colour[1]! + 0.114 * colour[2]!);
    if (isMud) {
      const mud = gaussian(layer(liquid.map((value) => (value > threshold ? 1 : 0))), strength).values;
      const cover = mud.map((value) => (value < 0.8 ? 0 : value));
      return levels(
        values.map((value, i) => {
          const covered = cover[Math.floor(i / channels)]!;
          return value * (1 - covered) + colourOf(i % channels) * covered;
        }),
      );
    }
    const drops = Uint8Array.from(liquid, (value) => value * 255);
    const shine = highlights(drops, height, width);
    const amount = Float64Array.from(drops, (value, p) => value * shine[p]!);
    const most = amount.reduce((largest, value) => Math.max(largest, value), 0);
    // The published code divides by 0 where there is no drop.
    if (most === 0) return levels(values);
    return levels(values.map((value, i) => value + (amount[Math.floor(i / channels)]! / most) * strength * colourOf(i % channels)));
  },
});

/** Brightness by the distance from the edges of drops, lit from one side. */
function highlights(drops: Uint8Array, height: number, width: number): ArrayLike<number> {
  const layer = <Values extends ArrayLike<number>>(values: Values) => ({ height, width, channels: 1, values });
  const distance = distanceTo(canny(layer(drops), 50, 150), height, width).map((value) => Math.min(20, value));
  const near = equaliseHistogram(Uint8Array.from(boxBlur3(layer(distance)).values));
  const lit = filter2d(layer(Float64Array.from(near)), HIGHLIGHT).values;
  return Uint8ClampedArray.from(boxBlur3(layer(lit.map((value) => Math.min(255, Math.max(0, value))))).values);
}
