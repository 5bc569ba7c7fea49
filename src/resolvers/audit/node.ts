import { AuditEntry } from '../../schema/audit/audit-entry.js';
import type { AuditFilter } from '../../schema/audit/audit-filter.js';
import type { AuditEntry as AuditEntryRow, Prisma } from '../../storage/generated/client.js';
import { decodeGlobalId } from '../../storage/global-id.js';
import { defineNode } from '../relay/define-node.js';

export const auditEntryNode = defineNode<AuditEntryRow, AuditEntry, AuditFilter>({
  type: AuditEntry,
  table: ({ auditEntry }) => auditEntry,
  where: ({ actor, actions, subjectId, since, before }): Prisma.AuditEntryWhereInput => {
    const subject = subjectId === undefined ? undefined : decodeGlobalId(subjectId);
    return {
      actor,
      action: actions && { in: actions },
      createdAt: { gte: since, lt: before },
      // What this server never gave out is the id of nothing.
      ...(subjectId !== undefined && (subject ? { subjectId: subject.id, subjectType: subject.type } : { id: { in: [] } })),
    };
  },
});
