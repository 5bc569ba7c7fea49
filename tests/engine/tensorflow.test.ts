/** The engine on TensorFlow's kernels, where `scripts/with-tensorflow.sh` has made its binding: that it is what it says. The other tests of `npm run test:tensorflow` compare. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { passesSelfTest } from '../../src/compute/engine/self-test.js';
import { tf } from './helpers.js';

describe.skipIf(!process.env['GAUNTLET_TENSORFLOW_BINDING'])('eager:tfjs-node', () => {
  it('passes the self-test, and names the version of TensorFlow', async () => {
    const engine = await createEngine({ engine: 'eager:tfjs-node' });
    await passesSelfTest(engine);
    expect(engine.description).toMatchObject({ kind: 'eager', provider: 'tensorflow', versions: { tensorflow: '2.21.0' } });
    expect(engine.description.label).toContain('tensorflow 2.21.0');
  });

  it('has every kernel that the reference has', async () => {
    await createEngine({ engine: 'eager:tfjs-node' });
    const namesOf = (backend: string) => tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
    expect(namesOf('tensorflow')).toEqual(expect.arrayContaining(namesOf('cpu')));
  });

  it.skipIf(existsSync('/dev/nvidia0'))('is not taken for a GPU where TensorFlow finds none', async () => {
    await expect(createEngine({ engine: 'eager:tfjs-node-gpu' })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/TensorFlow finds no GPU.*with-tensorflow\.sh --gpu npm start/s) as string,
    });
  });
});
