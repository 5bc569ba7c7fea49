import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { SavedView, SaveViewInput, SaveViewPayload, SaveViewSuccess } from '../../schema/view/saved-view.js';
import type { GraphQLContext } from '../context.js';

@Resolver(() => SavedView)
export class SavedViewResolver {
  @Query(() => [SavedView], { description: 'Views that you have saved, by name; 100 at most.' })
  async savedViews(@Ctx() { viewer, services }: GraphQLContext): Promise<SavedView[]> {
    return (await services.savedViews.list(viewer)).map((row) => new SavedView(row));
  }

  @Mutation(() => SaveViewPayload, { description: 'Keeps a page of the dashboard with its filters under a name.' })
  async saveView(
    @Arg('input', () => SaveViewInput, { description: 'The view.' }) input: SaveViewInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof SaveViewPayload> {
    return new SaveViewSuccess(new SavedView(await services.savedViews.save(viewer, input)));
  }
}
