import { registerEnumType } from 'type-graphql';
import { DatasetSplit } from '../../storage/generated/enums.js';

export { DatasetSplit };

registerEnumType(DatasetSplit, {
  name: 'DatasetSplit',
  description: 'Part of a data set.',
  valuesConfig: { TRAIN: { description: 'For training.' }, TEST: { description: 'For measuring.' } },
});
