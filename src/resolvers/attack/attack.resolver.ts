import { Query, Resolver } from 'type-graphql';
import { attacks } from '../../compute/attacks/index.js';
import { AttackKind } from '../../schema/attack/attack-kind.js';

@Resolver()
export class AttackResolver {
  @Query(() => [AttackKind], { description: 'The attacks that this server can run, with their parameters.' })
  attackKinds(): AttackKind[] {
    return attacks.map((definition) => new AttackKind(definition));
  }
}
