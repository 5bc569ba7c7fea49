import { registerEnumType } from 'type-graphql';
import { JobState } from '../../storage/generated/enums.js';

export { JobState };

registerEnumType(JobState, {
  name: 'JobState',
  description: 'Where a job stands.',
  valuesConfig: {
    QUEUED: { description: 'Waits for a worker.' },
    RUNNING: { description: 'A worker has it. It stays so when the worker dies, until another goes on with it.' },
    SUCCEEDED: { description: 'Finished; its results are there.' },
    FAILED: { description: 'Ended with an error; it left no results.' },
    CANCELLED: { description: 'Ended by request; it left no results.' },
  },
});
