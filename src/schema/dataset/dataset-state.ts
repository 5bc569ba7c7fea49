import { registerEnumType } from 'type-graphql';
import { DatasetState } from '../../storage/generated/enums.js';

export { DatasetState };

registerEnumType(DatasetState, {
  name: 'DatasetState',
  description: 'Whether a data set can be evaluated and trained on.',
  valuesConfig: {
    PENDING: { description: 'An upload that is still being read.' },
    READY: { description: 'It can.' },
    REJECTED: { description: 'An upload that could not be read; `error` says why.' },
  },
});
