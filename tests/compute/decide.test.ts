/** What a model decides by several predictions. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/compute/models/decide.js';
import { attackTask } from '../../src/compute/attacks/core/task.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import type { BlackBoxModel } from '../../src/compute/models/types.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { exampleRandom } from '../../src/compute/random.js';
import { storedNoise } from './attack-fixtures.js';

const scores = (...rows: number[][]): HostTensor => ({
  dtype: 'float32',
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

describe('several predictions', () => {
  it('decide by their majority, also against a mean that one of them moves', async () => {
    const drawn = [scores([1, 0, 0], [0, 1, 0]), scores([1, 0, 0], [0, 0, 9]), scores([0, 9, 0], [0, 1, 0])];
    const decisions = await decide(3, (draw) => Promise.resolve(drawn[draw]!));
    expect([...decisions.prediction]).toEqual([0, 1]);
    expect([...decisions.scores.data].slice(0, 3).map((value) => Math.round(3 * value))).toEqual([2, 9, 0]);
    expect([...decisions.votes.data].map((share) => Math.round(3 * share))).toEqual([2, 1, 0, 0, 2, 1]);
  });

  it('of two classes with as many votes take that of the higher mean score, and of equal ones the first', async () => {
    const drawn = [scores([0, 5, 0], [0, 2, 0]), scores([0, 0, 6], [0, 0, 2])];
    expect([...(await decide(2, (draw) => Promise.resolve(drawn[draw]!))).prediction]).toEqual([2, 1]);
  });

  it('that are one are what is predicted', async () => {
    const one = scores([0.25, 0.5, 0.5]);
    expect(await decide(1, () => Promise.resolve(one))).toMatchObject({ scores: one, prediction: Int32Array.of(1) });
  });
});

describe('an attack on a model that is right in three of five predictions, whatever the image', () => {
  /** Of any five answers in a row, two are wrong, one behind the other. */
  function fickle(): BlackBoxModel {
    let asked = 0;
    return {
      fingerprint: 'fickle',
      access: 'SCORE',
      output: 'LOGITS',
      parameterCount: 0,
      operations: {},
      warnings: [],
      close: () => Promise.resolve(),
      spec: { inputShape: [4, 4, 1], classCount: 2, valueRange: [0, 1], channelOrder: 'RGB' },
      predict: (images) => {
        const wrong = asked++ % 5 > 2;
        return Promise.resolve(scores(...Array.from({ length: images.shape[0]! }, () => (wrong ? [0, 1] : [1, 0]))));
      },
    };
  }
  const attacks = {
    SQUARE_LINF: { epsilon: 0.1, queries: 12 },
    SQUARE_L2: { epsilon: 1, queries: 12 },
    SQUARE_L1: { epsilon: 10, queries: 12 },
    ONE_PIXEL: { population: 4, queries: 40 },
    ROTATION_TRANSLATION: { rotations: 3, translations: 3 },
  };

  it.each(Object.entries(attacks))('%s fools it by one prediction, and not by the majority of five', async (kind, given) => {
    const engine = await createEngine({ engine: 'eager:cpu' });
    const attack = async (predictions: number) => {
      const definition = findAttack(kind);
      const parameters = validateParameters(definition, given);
      const images = storedNoise(3, [4, 4, 1]);
      const labels = new Int32Array(3);
      const cleanLogits = scores([1, 0], [1, 0], [1, 0]);
      const task = attackTask({
        engine,
        model: fickle(),
        definition,
        parameters,
        images,
        labels,
        cleanLogits,
        random: exampleRandom(1, 0),
        predictions,
      });
      const output = await definition.run(task, parameters);
      return { output, tried: Math.min(...output.queries) };
    };
    const [once, often] = [await attack(1), await attack(5)];
    // Who believes itself to have succeeded asks no more.
    expect(once.tried).toBeLessThan(often.tried);
    const limit = 'queries' in given ? given.queries : 8;
    expect(often.tried).toBeGreaterThanOrEqual(limit);
  });
});
