import { registerEnumType } from 'type-graphql';
import { Norm } from '../../storage/generated/enums.js';

export { Norm };

registerEnumType(Norm, {
  name: 'Norm',
  description: 'How the size of a perturbation is measured.',
  valuesConfig: {
    LINF: { description: 'Largest change of any pixel value.' },
    L2: { description: 'Euclidean distance.' },
    L1: { description: 'Sum of absolute changes.' },
    L0: { description: 'Share of pixel values that changed.' },
  },
});
