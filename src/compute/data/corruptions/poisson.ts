import type { RandomStream } from '../../random.js';

/** From here on by rejection, as in NumPy. */
const LARGE = 10;

/** Random numbers of a Poisson distribution: by products of uniform numbers, and of large means by transformed rejection (PTRS, Hörmann 1993). */
export function poisson(stream: RandomStream, mean: number): number {
  if (mean === 0) return 0;
  return mean < LARGE ? byProducts(stream, mean) : byRejection(stream, mean);
}

function byProducts(stream: RandomStream, mean: number): number {
  const limit = Math.exp(-mean);
  let product = stream.uniform();
  let count = 0;
  while (product > limit) {
    count++;
    product *= stream.uniform();
  }
  return count;
}

function byRejection(stream: RandomStream, mean: number): number {
  const logMean = Math.log(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = stream.uniform() - 0.5;
    const v = stream.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b) <= -mean + k * logMean - logFactorial(k)) return k;
  }
}

/** Stirling's series, exact to 1e-10 from 10 on; before it the sum. */
function logFactorial(k: number): number {
  if (k < 10) {
    let sum = 0;
    for (let i = 2; i <= k; i++) sum += Math.log(i);
    return sum;
  }
  const x = k + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
}
