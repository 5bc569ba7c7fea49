/** The orthonormal discrete cosine transform (DCT-II) of images, channel by channel. @module */

/** The waves of `size` values, from the lowest, each of length 1. @param count how many of them. */
export function cosines(size: number, count = size): Float64Array[] {
  return Array.from({ length: Math.min(size, count) }, (_, frequency) => {
    const height = Math.sqrt((frequency === 0 ? 1 : 2) / size);
    return Float64Array.from({ length: size }, (_, at) => height * Math.cos((Math.PI * frequency * (2 * at + 1)) / (2 * size)));
  });
}

type ImageShape = readonly [number, number, number];

/** Waves along the rows and the columns of an image. */
interface Waves {
  readonly down: readonly Float64Array[];
  readonly across: readonly Float64Array[];
}

/** Separable products with waves: from an image to coefficients `[frequencies, frequencies, channels]`, and back. */
export function cosineTransform([height, width, channels]: ImageShape, frequencies = Infinity) {
  const waves: Waves = { down: cosines(height, frequencies), across: cosines(width, frequencies) };
  const [rows, columns] = [waves.down.length, waves.across.length];
  return {
    rows,
    columns,
    /** Coefficients of an image. */
    forward: (image: Float32Array): Float32Array => separable(image, [height, width], [rows, columns], channels, waves, false),
    /** The image of coefficients. */
    backward: (coefficients: Float32Array): Float32Array =>
      separable(coefficients, [rows, columns], [height, width], channels, waves, true),
  };
}

function separable(
  from: Float32Array,
  [fromRows, fromColumns]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  channels: number,
  { down, across }: Waves,
  isBackward: boolean,
): Float32Array {
  const weight = (waves: readonly Float64Array[], to: number, at: number) => (isBackward ? waves[at]![to]! : waves[to]![at]!);
  const between = new Float64Array(fromRows * columns * channels);
  for (let y = 0; y < fromRows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let at = 0; at < fromColumns; at++) {
        const factor = weight(across, x, at);
        for (let c = 0; c < channels; c++)
          between[(y * columns + x) * channels + c]! += factor * from[(y * fromColumns + at) * channels + c]!;
      }
    }
  }
  const to = new Float32Array(rows * columns * channels);
  for (let y = 0; y < rows; y++) {
    for (let at = 0; at < fromRows; at++) {
      const factor = weight(down, y, at);
      for (let x = 0; x < columns * channels; x++) to[y * columns * channels + x]! += factor * between[at * columns * channels + x]!;
    }
  }
  return to;
}
