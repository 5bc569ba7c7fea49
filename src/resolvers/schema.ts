/** The executable schema. @module */
import { createPubSub } from '@graphql-yoga/subscription';
import { GraphQLInputObjectType, lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { ATTACK_INPUT } from '../schema/attack/attack-input.js';
import { TRANSFORMATION_INPUT } from '../schema/destruction/transformation-input.js';
import { ONE_OF_INPUTS } from '../schema/training/described-input.js';
import { AnnotationResolver } from './annotation/annotation.resolver.js';
import { AttackResolver } from './attack/attack.resolver.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { CertificationResolver } from './certification/certification.resolver.js';
import { DatasetResolver } from './dataset/dataset.resolver.js';
import { DeletionResolver } from './deletion/deletion.resolver.js';
import { describeErrors } from './describe-errors.js';
import { DestructionResolver } from './destruction/destruction.resolver.js';
import { EvaluationResolver } from './evaluation/evaluation.resolver.js';
import { FindingResolver } from './evaluation/finding.resolver.js';
import { guardOperations } from './guard.js';
import { ImportResolver } from './images/import.resolver.js';
import { BenchmarkEntryResolver, BenchmarkResolver } from './benchmark/benchmark.resolver.js';
import { JobResolver } from './job/job.resolver.js';
import { JobProgressResolver } from './job/progress.resolver.js';
import { ChecklistResolver } from './model/checklist.resolver.js';
import { ModelResolver } from './model/model.resolver.js';
import { NodeResolver } from './relay/node.resolver.js';
import { SignedUrlResolver } from './access/signed-url.resolver.js';
import { StorageResolver } from './storage/storage.resolver.js';
import { StudyResolver, StudyTaskResolver } from './study/study.resolver.js';
import { TokenResolver } from './token/token.resolver.js';
import { ClassifierResolver } from './classifier/classifier.resolver.js';
import { TrainingCatalogueResolver } from './training/training-catalogue.resolver.js';
import { TrainingResolver } from './training/training.resolver.js';
import { TransferCellResolver, TransferResolver } from './transfer/transfer.resolver.js';
import { CapacityCurveResolver } from './statistics/capacity-curve.resolver.js';
import { CorruptionAccuracyResolver, CorruptionSummaryResolver } from './statistics/corruption-summary.resolver.js';
import { ExampleFatesResolver } from './statistics/example-fates.resolver.js';
import { LabelLeakingResolver } from './statistics/label-leaking.resolver.js';
import { ExcludedModelResolver, LeaderboardEntryResolver, LeaderboardResolver } from './statistics/leaderboard.resolver.js';
import { ModelComparisonResolver } from './statistics/model-comparison.resolver.js';
import { LeaderboardChangesResolver } from './statistics/leaderboard-changes.resolver.js';
import { ResultsResolver } from './statistics/results.resolver.js';
import { RobustnessCurveResolver } from './statistics/robustness-curve.resolver.js';
import { SavedViewResolver } from './view/saved-view.resolver.js';
import { sliceLists } from './time-slices.js';
import { WebhookResolver } from './webhook/webhook.resolver.js';
import { WorstCaseResolver } from './worst-case/worst-case.resolver.js';

export async function createSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      NodeResolver,
      ModelResolver,
      AnnotationResolver,
      ChecklistResolver,
      CertificationResolver,
      DatasetResolver,
      AttackResolver,
      AuditResolver,
      DeletionResolver,
      DestructionResolver,
      EvaluationResolver,
      FindingResolver,
      ImportResolver,
      BenchmarkEntryResolver,
      BenchmarkResolver,
      JobResolver,
      SavedViewResolver,
      SignedUrlResolver,
      StorageResolver,
      JobProgressResolver,
      StudyResolver,
      StudyTaskResolver,
      TokenResolver,
      ClassifierResolver,
      TrainingCatalogueResolver,
      TrainingResolver,
      CapacityCurveResolver,
      CorruptionAccuracyResolver,
      CorruptionSummaryResolver,
      ExampleFatesResolver,
      LabelLeakingResolver,
      LeaderboardResolver,
      LeaderboardEntryResolver,
      ExcludedModelResolver,
      ModelComparisonResolver,
      LeaderboardChangesResolver,
      ResultsResolver,
      RobustnessCurveResolver,
      TransferResolver,
      TransferCellResolver,
      WebhookResolver,
      WorstCaseResolver,
    ],
    // Asked for by every schema with subscriptions, used by none of ours: they follow the database, for jobs run in other processes too.
    pubSub: createPubSub(),
    // Services check what they are given, with messages of their own.
    validate: false,
  });
  // type-graphql knows no @oneOf; graphql validates, coerces and prints it by this mark.
  for (const name of [ATTACK_INPUT, TRANSFORMATION_INPUT, ...ONE_OF_INPUTS])
    (schema.getType(name) as GraphQLInputObjectType).isOneOf = true;
  describeErrors(schema);
  guardOperations(schema);
  sliceLists(schema);
  return schema;
}

/** The schema as the file schema.graphql holds it. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Written by \`npm run schema\` from src/schema and src/resolvers. Do not edit.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}
