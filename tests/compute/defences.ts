/** Small networks that defend themselves, and images that they classify. */
import { inMemory } from '../../src/compute/data/index.js';
import { randomStream } from '../../src/compute/random.js';
import { floats, type GraphSpec } from './onnx-files.js';

export const SIDE = 4;
export const PIXELS = SIDE * SIDE;
export const COUNT = 64;
export const signs = Array.from({ length: PIXELS }, (_, i) => (i % 2 === 0 ? 1 : -1));

/** Images of both classes of the sign of `signs · (x − ½)`, at a distance from the boundary that an eighth of ε at each pixel crosses. */
export function images() {
  const stream = randomStream(3, 'defences', 0);
  const pixels = new Uint8Array(COUNT * PIXELS);
  const labels = new Int32Array(COUNT);
  for (let i = 0; i < COUNT; i++) {
    labels[i] = i % 2;
    const image = Array.from({ length: PIXELS }, () => 0.3 + 0.4 * stream.uniform());
    const score = image.reduce((sum, value, p) => sum + signs[p]! * (value - 0.5), 0);
    const wanted = (labels[i] === 1 ? 1 : -1) * (0.2 + 0.3 * stream.uniform());
    for (let p = 0; p < PIXELS; p++) pixels[i * PIXELS + p] = Math.round(255 * (image[p]! + (signs[p]! * (wanted - score)) / PIXELS));
  }
  return inMemory({ images: pixels, labels }, [SIDE, SIDE, 1], ['below', 'above']);
}

/** From `[N, 1, 4, 4]` to logits ±10 · signs · (x − ½). */
export const CLASSIFIER: GraphSpec = {
  input: ['N', 1, SIDE, SIDE],
  nodes: [
    { op: 'Flatten', inputs: ['image'], outputs: ['flat'] },
    { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['linear'] },
    { op: 'Add', inputs: ['linear', 'b'], outputs: ['scores'] },
  ],
  weights: {
    w: floats(
      [PIXELS, 2],
      signs.flatMap((sign) => [-10 * sign, 10 * sign]),
    ),
    b: floats([2], [0, 0]),
  },
};

/** Fires where the first half of the pixels has moved away from its mean for the class: plain attacks move all of them. */
export const DETECTING: GraphSpec = {
  ...CLASSIFIER,
  nodes: [
    ...CLASSIFIER.nodes,
    { op: 'MatMul', inputs: ['flat', 'half'], outputs: ['first'] },
    { op: 'MatMul', inputs: ['flat', 'rest'], outputs: ['second'] },
    { op: 'Sub', inputs: ['first', 'second'], outputs: ['difference'] },
    { op: 'Abs', inputs: ['difference'], outputs: ['suspicion'] },
  ],
  weights: {
    ...CLASSIFIER.weights,
    half: floats(
      [PIXELS, 1],
      signs.map((sign, p) => (p < PIXELS / 2 ? 2 * sign : 0)),
    ),
    rest: floats(
      [PIXELS, 1],
      signs.map((sign, p) => (p < PIXELS / 2 ? 0 : 0.2 * sign)),
    ),
  },
  outputs: { scores: 1, suspicion: 1 },
};
export const DETECTOR_SPEC = { output: 'scores', detector: { output: 'suspicion', falsePositiveRate: 0.1 } };

/** Rounds to 26 levels, which takes the gradient away. */
export const ROUNDING: GraphSpec = {
  input: ['N', 1, SIDE, SIDE],
  nodes: [
    { op: 'Mul', inputs: ['image', 'levels'], outputs: ['scaled'] },
    { op: 'Floor', inputs: ['scaled'], outputs: ['whole'] },
    { op: 'Div', inputs: ['whole', 'levels'], outputs: ['purified'] },
  ],
  weights: { levels: floats([], [25]) },
  outputs: { purified: 1 },
};
