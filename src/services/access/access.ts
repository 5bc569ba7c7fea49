/**
 * Who may do what: the least role for every field of Query, Mutation and Subscription and for every route. What is missing here cannot be called
 * and keeps the server from starting. What a principal sees is `visibility.ts`, what it may change `principal.ts`.
 * @module
 */
import { DomainError } from '../../errors.js';
import type { Role } from '../../storage/generated/client.js';
import { PUBLIC, type Principal } from '../token/principal.js';

const OPERATIONS: Readonly<Record<string, Role>> = {
  'Query.accuracyVersusRobustness': 'VIEWER',
  'Query.architectures': 'VIEWER',
  'Query.benchmark': 'VIEWER',
  'Query.benchmarks': 'VIEWER',
  'Query.attackKinds': 'VIEWER',
  'Query.auditLog': 'ADMIN',
  'Query.capacityCurve': 'VIEWER',
  'Query.compareModels': 'VIEWER',
  'Query.corruptionSummary': 'VIEWER',
  'Query.classifierKinds': 'VIEWER',
  'Query.certification': 'VIEWER',
  'Query.certifications': 'VIEWER',
  'Query.dataset': 'VIEWER',
  'Query.datasets': 'VIEWER',
  'Query.destruction': 'VIEWER',
  'Query.evaluation': 'VIEWER',
  'Query.evaluations': 'VIEWER',
  'Query.inspectDataset': 'SUBMITTER',
  'Query.inspectModel': 'SUBMITTER',
  'Query.evaluationCost': 'SUBMITTER',
  'Query.exampleFates': 'VIEWER',
  'Query.findingKinds': 'VIEWER',
  'Query.job': 'VIEWER',
  'Query.jobs': 'VIEWER',
  'Query.labelLeaking': 'VIEWER',
  'Query.leaderboard': 'VIEWER',
  'Query.leaderboardChanges': 'VIEWER',
  'Query.model': 'VIEWER',
  'Query.models': 'VIEWER',
  'Query.node': 'VIEWER',
  'Query.nodes': 'VIEWER',
  'Query.quota': 'VIEWER',
  'Query.results': 'VIEWER',
  'Query.robustnessCurve': 'VIEWER',
  'Query.savedViews': 'VIEWER',
  'Query.search': 'VIEWER',
  'Query.signedUrls': 'VIEWER',
  'Query.storageUse': 'VIEWER',
  'Query.studies': 'VIEWER',
  'Query.study': 'VIEWER',
  'Query.studyRecipes': 'VIEWER',
  'Query.optimizers': 'VIEWER',
  'Query.schedules': 'VIEWER',
  'Query.tokens': 'ADMIN',
  'Query.trainingRun': 'VIEWER',
  'Query.trainingRuns': 'VIEWER',
  'Query.trainingSchemes': 'VIEWER',
  'Query.transfer': 'VIEWER',
  'Query.transferMatrix': 'VIEWER',
  'Query.transfers': 'VIEWER',
  'Query.viewer': 'VIEWER',
  'Query.webhooks': 'SUBMITTER',
  'Query.workers': 'VIEWER',
  'Query.worstCase': 'VIEWER',

  'Mutation.annotate': 'SUBMITTER',
  'Mutation.cancelJob': 'SUBMITTER',
  'Mutation.createBenchmark': 'ADMIN',
  'Mutation.createToken': 'ADMIN',
  'Mutation.createWebhook': 'SUBMITTER',
  'Mutation.deleteCertification': 'SUBMITTER',
  'Mutation.deleteDataset': 'SUBMITTER',
  'Mutation.deleteDestruction': 'SUBMITTER',
  'Mutation.deleteEvaluation': 'SUBMITTER',
  'Mutation.deleteModel': 'SUBMITTER',
  'Mutation.enterAgain': 'ADMIN',
  'Mutation.enterBenchmark': 'SUBMITTER',
  'Mutation.enterShipped': 'ADMIN',
  'Mutation.deleteSavedView': 'VIEWER',
  'Mutation.deleteStudy': 'SUBMITTER',
  'Mutation.deleteTrainingRun': 'SUBMITTER',
  'Mutation.deleteTransfer': 'SUBMITTER',
  'Mutation.deleteWebhook': 'SUBMITTER',
  'Mutation.importImages': 'SUBMITTER',
  'Mutation.importRobustBench': 'SUBMITTER',
  'Mutation.raiseJob': 'ADMIN',
  'Mutation.registerDataset': 'SUBMITTER',
  'Mutation.revokeToken': 'ADMIN',
  'Mutation.saveView': 'VIEWER',
  'Mutation.startCertification': 'SUBMITTER',
  'Mutation.startDestruction': 'SUBMITTER',
  'Mutation.startEvaluation': 'SUBMITTER',
  'Mutation.startStudy': 'SUBMITTER',
  'Mutation.startTraining': 'SUBMITTER',
  'Mutation.startTransfer': 'SUBMITTER',
  'Mutation.submitModel': 'SUBMITTER',
  'Mutation.trainClassifier': 'SUBMITTER',
  'Mutation.updateModel': 'SUBMITTER',

  'Subscription.evaluationFinished': 'VIEWER',
  'Subscription.jobProgress': 'VIEWER',
  'Subscription.jobs': 'VIEWER',
  'Subscription.leaderboardChanged': 'VIEWER',
  'Subscription.trainingProgress': 'VIEWER',

  'GET /artifacts/:id': 'VIEWER',
  'GET /artifacts/:id/images/:index.png': 'VIEWER',
  'GET /badges/:id.svg': 'VIEWER',
  'GET /datasets/:id/images/:index.png': 'VIEWER',
  'GET /evaluations.:format': 'VIEWER',
  'GET /evaluations/:id/examples.:format': 'VIEWER',
  'GET /metrics': 'VIEWER',
  'GET /models/:id/function': 'SUBMITTER',
  'GET /models/:id/onnx': 'VIEWER',
  'GET /models/:id/README.md': 'VIEWER',
  'GET /models/:id/submitted.onnx': 'VIEWER',
  'GET /models/:id/weights.safetensors': 'VIEWER',
  'GET /models/:id/robustbench.json': 'VIEWER',
  'GET /studies/:id.:format': 'VIEWER',
  'POST /uploads': 'SUBMITTER',
  'PUT /uploads/:id': 'SUBMITTER',
  'GET /uploads/:id': 'SUBMITTER',
};

/** All that the table says something about. */
export const operations: readonly string[] = Object.keys(OPERATIONS);

const ROLES: readonly Role[] = ['VIEWER', 'SUBMITTER', 'ADMIN'];

/** @throws Error for an operation without an entry: a mistake of ours, not of a client. */
export function leastRole(operation: string): Role {
  if (Object.hasOwn(OPERATIONS, operation)) return OPERATIONS[operation]!;
  throw new Error(`${operation} has no entry in the table of operations in src/services/access.ts.`);
}

/** What says something about the server, and nothing about results: not for those who have no token. */
const NOT_PUBLIC: ReadonlySet<string> = new Set(['GET /metrics']);

/** @throws DomainError FORBIDDEN, UNAUTHENTICATED where a token would do. */
export function checkRole(principal: Principal, operation: string): void {
  const { name, role } = principal;
  const least = leastRole(operation);
  if (principal === PUBLIC && (least !== 'VIEWER' || NOT_PUBLIC.has(operation) || operation.startsWith('Mutation.')))
    throw new DomainError(
      'UNAUTHENTICATED',
      'Without a token this server shows public results only. Sign in, or send `Authorization: Bearer <token>`.',
    );
  if (ROLES.indexOf(role) >= ROLES.indexOf(least)) return;
  throw new DomainError('FORBIDDEN', `"${name}" has role ${role}; this needs ${least}. Ask an admin for a token with that role.`);
}
