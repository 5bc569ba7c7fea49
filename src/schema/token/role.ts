import { registerEnumType } from 'type-graphql';
import { Role } from '../../storage/generated/enums.js';

export { Role };

registerEnumType(Role, {
  name: 'Role',
  description: 'What a token allows. Each role has the rights of those before it.',
  valuesConfig: {
    VIEWER: { description: 'Read what is public and what is its own.' },
    SUBMITTER: { description: 'Upload and submit models, start evaluations, cancel and delete its own.' },
    ADMIN: { description: "Everything: others' private models, tokens, data sets." },
  },
});
