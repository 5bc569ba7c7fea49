import { Ctx, Query, Resolver } from 'type-graphql';
import { StorageUse } from '../../schema/storage/storage-use.js';
import { storageUse } from '../../services/storage/storage-use.js';
import type { GraphQLContext } from '../context.js';

@Resolver()
export class StorageResolver {
  @Query(() => [StorageUse], {
    description: 'What takes the space of the artifact store, the largest first: that of all owners for admins, for others their own.',
  })
  storageUse(@Ctx() { viewer, services: { prisma } }: GraphQLContext): Promise<StorageUse[]> {
    return storageUse(prisma, viewer);
  }
}
