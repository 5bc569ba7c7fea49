/** Who did what, written in the transaction that does it where there is one. @module */
import type { DatabaseClient, Transaction } from '../../storage/database.js';
import { toJson } from '../../storage/json.js';
import type { Principal } from '../token/principal.js';

/** What is recorded. */
export type AuditAction =
  | 'DELETED'
  | 'FUNCTION_CONNECTED'
  | 'JOB_CANCELLED'
  | 'JOB_RAISED'
  | 'MODEL_DOWNLOADED'
  | 'SIGNED_IN'
  | 'TOKEN_CREATED'
  | 'TOKEN_REVOKED'
  | 'VISIBILITY_CHANGED'
  | 'WEBHOOK_CREATED';

/** What something was done to: a row that clients know by its type and id. */
export interface AuditSubject {
  /** GraphQL type, such as `Model`. */
  readonly type: string;
  readonly id: string;
  readonly name?: string;
}

/** @param details plain data, and no secret. */
export async function recordAudit(
  tx: Transaction | DatabaseClient,
  { name: actor }: Principal,
  action: AuditAction,
  { type: subjectType, id: subjectId, name: subjectName }: AuditSubject,
  details?: object,
): Promise<void> {
  await tx.auditEntry.create({ data: { actor, action, subjectType, subjectId, subjectName, details: details && toJson(details) } });
}
