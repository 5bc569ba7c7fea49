import { Ctx, FieldResolver, Float, Resolver, Root } from 'type-graphql';
import { JobProgress } from '../../schema/job/job.js';
import type { GraphQLContext } from '../context.js';

@Resolver(() => JobProgress)
export class JobProgressResolver {
  @FieldResolver(() => Float, {
    description: 'Share of the work that is done, from 0 to 1, what is done of units that are not done included.',
  })
  async fraction(@Root() { row }: JobProgress, @Ctx() { loaders }: GraphQLContext): Promise<number> {
    if (row.total === 0) return row.state === 'SUCCEEDED' ? 1 : 0;
    const { units } = row.finishedAt ? { units: 0 } : await loaders.unfinishedParts.load(row.id);
    const done = Math.max(row.done, row.progress) + units;
    return Math.min(1, done / row.total);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Of an attack that runs others in turn, the kind of the one that runs, on the first of the parts that are computed.',
  })
  async stage(@Root() { row }: JobProgress, @Ctx() { loaders }: GraphQLContext): Promise<string | null> {
    return row.finishedAt ? null : (await loaders.unfinishedParts.load(row.id)).stage;
  }
}
