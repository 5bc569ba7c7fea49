import { registerEnumType } from 'type-graphql';
import { Visibility } from '../../storage/generated/enums.js';

export { Visibility };

registerEnumType(Visibility, {
  name: 'Visibility',
  description: 'Who sees a model, and with it its evaluations, jobs, examples, files and images.',
  valuesConfig: {
    PUBLIC: { description: 'Everyone with a token.' },
    PRIVATE: { description: 'Its owner and admins. For others it does not exist.' },
  },
});
