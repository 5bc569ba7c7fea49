import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { AnnotateInput, AnnotatePayload, AnnotateSuccess } from '../../schema/annotation/annotate.js';
import type { Annotated } from '../../schema/annotation/annotated.js';
import { SearchMatch } from '../../schema/annotation/search-match.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Model } from '../../schema/model/model.js';
import { Study } from '../../schema/study/study.js';
import { annotatedTypes, type AnnotatedRow } from '../../services/annotation/annotations.js';
import { decodeGlobalId } from '../../storage/global-id.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';

@Resolver()
export class AnnotationResolver {
  @Query(() => [SearchMatch], {
    description:
      'Models, data sets, evaluations and studies that have a text in their name, fingerprint (its beginning, four digits or more), tags or note: names first, then in this order.',
  })
  async search(
    @Arg('text', () => String, { description: 'A few letters.' }) text: string,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many at most, up to 100.' }) first: number,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<SearchMatch[]> {
    const matches = await services.search(viewer, services.prisma, text, first);
    return matches.map(({ found, field }) => new SearchMatch(show(found), field));
  }

  @Mutation(() => AnnotatePayload, { description: 'Tags something of yours, or notes something of it, for everyone who sees it.' })
  async annotate(
    @Arg('input', () => AnnotateInput, { description: 'The changes.' }) input: AnnotateInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof AnnotatePayload> {
    const { id, ...changes } = given(input);
    const decoded = decodeGlobalId(id);
    const type = annotatedTypes.find((known) => known === decoded?.type);
    return new AnnotateSuccess(show(await services.annotations.annotate(viewer, type, decoded?.id, changes)));
  }
}

function show(found: AnnotatedRow): Annotated {
  switch (found.type) {
    case 'Model':
      return new Model(found.row);
    case 'Dataset':
      return new Dataset(found.row);
    case 'Evaluation':
      return new Evaluation(found.row);
    case 'Study':
      return new Study(found.row);
  }
}
