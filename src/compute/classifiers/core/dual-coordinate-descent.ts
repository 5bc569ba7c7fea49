/** Linear support vector machines with a squared hinge loss by their dual, one variable at a time (Hsieh et al. 2008), as in LIBLINEAR. @module */
import { type RandomStream, shuffledIndices } from '../../random.js';

/**
 * The w of least `½ ‖w‖² + C Σ_i max(0, 1 - y_i w·x_i)²`, whose last component is the bias.
 * @param pixels `[count, size]`. @param sides 1 or -1 of each example. @param tolerance of the range of the dual's projected gradient.
 */
export function solveLinearMachine(
  pixels: Float32Array,
  sides: Int8Array,
  { cost, tolerance, passes, random }: { cost: number; tolerance: number; passes: number; random: RandomStream },
): Float64Array {
  const count = sides.length;
  const size = pixels.length / count;
  const weights = new Float64Array(size + 1);
  const alpha = new Float64Array(count);
  const diagonal = 1 / (2 * cost);
  const lengths = Float64Array.from({ length: count }, (_, i) => {
    let sum = 1 + diagonal;
    for (let p = 0; p < size; p++) sum += pixels[i * size + p]! ** 2;
    return sum;
  });
  for (let pass = 0; pass < passes; pass++) {
    let largest = 0;
    for (const i of shuffledIndices(random, count)) {
      const from = i * size;
      let score = weights[size]!;
      for (let p = 0; p < size; p++) score += weights[p]! * pixels[from + p]!;
      const gradient = sides[i]! * score - 1 + diagonal * alpha[i]!;
      const projected = alpha[i] === 0 ? Math.min(0, gradient) : gradient;
      if (projected === 0) continue;
      largest = Math.max(largest, Math.abs(projected));
      const before = alpha[i]!;
      alpha[i] = Math.max(0, before - gradient / lengths[i]!);
      const change = (alpha[i] - before) * sides[i]!;
      for (let p = 0; p < size; p++) weights[p]! += change * pixels[from + p]!;
      weights[size]! += change;
    }
    if (largest <= tolerance) break;
  }
  return weights;
}
