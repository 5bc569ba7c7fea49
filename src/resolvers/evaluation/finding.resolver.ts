import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Finding, FindingKind, findingKinds } from '../../schema/evaluation/finding.js';
import type { GraphQLContext } from '../context.js';
import { evaluationNode } from './node.js';

@Resolver(() => Finding)
export class FindingResolver {
  @Query(() => [FindingKind], { description: 'The automatic checks.' })
  findingKinds(): readonly FindingKind[] {
    return findingKinds;
  }

  @FieldResolver(() => Evaluation, { nullable: true, description: 'The evaluation that shows it, where two were compared.' })
  comparedWith(@Root() { comparedWith }: Finding, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation | null> {
    return evaluationNode.find(loaders, comparedWith);
  }
}
