import { registerEnumType } from 'type-graphql';
import { Visibility } from '../../storage/generated/enums.js';

export { Visibility };

registerEnumType(Visibility, {
  name: 'Visibility',
  description: 'Who sees a model or a data set, and with it its evaluations, jobs, examples, files and images.',
  valuesConfig: {
    PUBLIC: { description: 'Everyone with a token.' },
    LISTED: {
      description:
        "Everyone with a token sees it and what was measured on it. Its files, its fingerprint and the images made on it are its owner's, and nobody else can have it computed.",
    },
    PRIVATE: { description: 'Its owner and admins. For others it does not exist.' },
  },
});
