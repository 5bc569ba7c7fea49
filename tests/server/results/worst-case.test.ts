import { expect, it } from 'vitest';
import { worstCase } from '../../../src/results/worst-case.js';
import { outcomesOf } from '../support/outcomes.js';

// Examples: right throughout; fooled by the first; by both; wrong from the start; wrong from the start, right under attack.
const FIRST = outcomesOf([
  [1, 1, 1],
  [1, 1, 0],
  [1, 1, 0],
  [1, 2, 2],
  [1, 2, 1],
]);
const SECOND = outcomesOf([
  [1, 1, 1],
  [1, 1, 1],
  [1, 1, 3],
  [1, 2, 2],
  [1, 2, 1],
]);

it('the worst case counts an example as right if the model is right on the original and under every attack', () => {
  expect(worstCase([FIRST, SECOND], undefined, 784)).toEqual({
    examples: 5,
    clean: 3,
    right: 1,
    contributions: [
      { fooled: 2, fooledAlone: 1 },
      { fooled: 1, fooledAlone: 0 },
    ],
  });
  expect(worstCase([SECOND], undefined, 784)).toMatchObject({ right: 2, contributions: [{ fooled: 1, fooledAlone: 1 }] });
});

it('the worst case counts only adversarial images inside the threat model', () => {
  // Changes of 40 and 90 levels at the second and third example.
  const near = { ...FIRST, linf: Float32Array.of(0, 40 / 255, 90 / 255, 0, 0) };
  expect(worstCase([near], { norm: 'LINF', epsilon: 40 / 255 }, 784)).toMatchObject({ right: 2 });
  expect(worstCase([near], { norm: 'LINF', epsilon: 39 / 255 }, 784)).toMatchObject({ right: 3 });
  // A share of pixel values against their number.
  const few = { ...FIRST, l0: Float32Array.of(0, 10 / 784, 11 / 784, 0, 0) };
  expect(worstCase([few], { norm: 'L0', epsilon: 10 }, 784)).toMatchObject({ right: 2 });
  // What an early version did not measure proves nothing.
  const unknown = { ...FIRST, l1: new Float32Array(5).fill(NaN) };
  expect(worstCase([unknown], { norm: 'L1', epsilon: 1000 }, 784)).toMatchObject({ right: 3 });
});
