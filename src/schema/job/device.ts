import { registerEnumType } from 'type-graphql';
import { Device } from '../../storage/generated/enums.js';

export { Device };

registerEnumType(Device, {
  name: 'Device',
  description: 'What a job is computed on. Numbers are the same, within the tolerances of engines.',
  valuesConfig: {
    AUTO: {
      description:
        'A GPU for training and for models of two million parameters and more, while a worker with a GPU is there; else whatever is free.',
    },
    CPU: { description: 'Any worker.' },
    GPU: { description: 'A GPU: it waits until a worker with one is there.' },
  },
});

/** Of inputs. */
export const DEVICE = 'What to compute on. A request that was made before keeps its job, whatever that ran on.';
