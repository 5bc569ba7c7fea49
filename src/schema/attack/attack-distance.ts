import { registerEnumType } from 'type-graphql';
import { ATTACK_DISTANCES, type AttackDistance as Name } from '../../compute/attacks/index.js';

export const AttackDistance = Object.fromEntries(Object.keys(ATTACK_DISTANCES).map((name) => [name, name])) as Readonly<Record<Name, Name>>;

registerEnumType(AttackDistance, {
  name: 'AttackDistance',
  description: 'What attacks bound or minimise that is no norm of the change.',
  valuesConfig: Object.fromEntries(Object.entries(ATTACK_DISTANCES).map(([name, description]) => [name, { description }])),
});
