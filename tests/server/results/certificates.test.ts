import { expect, it } from 'vitest';
import { certifiedAccuracy } from '../../../src/results/certificates.js';

it('a certificate reaches the stored images of a radius where it reaches the furthest of them, and floats where it reaches the radius', () => {
  // The furthest image of 8 bits within 0.1 = 25.5 levels has a squared distance of 650 levels.
  const radii = Float64Array.of(0.1, (Math.sqrt(650) + 0.001) / 255, 0.0999);
  const [labels, agreeing] = [Int32Array.of(1, 1, 1), Int32Array.of(90, 90, 90)];
  const [at] = certifiedAccuracy({ count: 3, labels, predictions: labels, agreeing, samples: agreeing, radii }, [0.1]);
  expect(at).toMatchObject({ stored: { value: 2 / 3 }, float: { value: 1 / 3 } });
});
