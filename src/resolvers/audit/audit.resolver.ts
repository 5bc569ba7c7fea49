import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { AuditEntryConnection, AuditEntryOrder } from '../../schema/audit/audit-entry.js';
import { AuditFilter } from '../../schema/audit/audit-filter.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { GraphQLContext } from '../context.js';
import { auditEntryNode } from './node.js';

@Resolver()
export class AuditResolver {
  @Query(() => AuditEntryConnection, { description: 'Who did what, the newest first by default. For admins.' })
  async auditLog(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => AuditFilter, { nullable: true, description: 'Which entries.' }) filter: AuditFilter | undefined,
    @Arg('orderBy', () => AuditEntryOrder, { nullable: true, description: 'In which order.' }) orderBy: AuditEntryOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<AuditEntryConnection> {
    return new AuditEntryConnection(await auditEntryNode.list(prisma, { page, filter, orderBy }));
  }
}
