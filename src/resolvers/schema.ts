/** The executable schema. @module */
import { createPubSub } from '@graphql-yoga/subscription';
import { GraphQLInputObjectType, lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { ATTACK_INPUT } from '../schema/attack/attack-input.js';
import { TRANSFORMATION_INPUT } from '../schema/destruction/transformation-input.js';
import { ONE_OF_INPUTS } from '../schema/training/described-input.js';
import { AttackResolver } from './attack/attack.resolver.js';
import { CertificationResolver } from './certification/certification.resolver.js';
import { DatasetResolver } from './dataset/dataset.resolver.js';
import { describeErrors } from './describe-errors.js';
import { DestructionResolver } from './destruction/destruction.resolver.js';
import { EvaluationResolver } from './evaluation/evaluation.resolver.js';
import { FindingResolver } from './evaluation/finding.resolver.js';
import { guardOperations } from './guard.js';
import { ImportResolver } from './images/import.resolver.js';
import { JobResolver } from './job/job.resolver.js';
import { ModelResolver } from './model/model.resolver.js';
import { NodeResolver } from './relay/node.resolver.js';
import { StudyResolver, StudyTaskResolver } from './study/study.resolver.js';
import { TokenResolver } from './token/token.resolver.js';
import { TrainingCatalogueResolver } from './training/training-catalogue.resolver.js';
import { TrainingResolver } from './training/training.resolver.js';
import { TransferCellResolver, TransferResolver } from './transfer/transfer.resolver.js';
import { CapacityCurveResolver } from './statistics/capacity-curve.resolver.js';
import { LabelLeakingResolver } from './statistics/label-leaking.resolver.js';
import { ExcludedModelResolver, LeaderboardEntryResolver, LeaderboardResolver } from './statistics/leaderboard.resolver.js';
import { ModelComparisonResolver } from './statistics/model-comparison.resolver.js';
import { ResultsResolver } from './statistics/results.resolver.js';
import { RobustnessCurveResolver } from './statistics/robustness-curve.resolver.js';
import { WorstCaseResolver } from './worst-case/worst-case.resolver.js';

export async function createSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      NodeResolver,
      ModelResolver,
      CertificationResolver,
      DatasetResolver,
      AttackResolver,
      DestructionResolver,
      EvaluationResolver,
      FindingResolver,
      ImportResolver,
      JobResolver,
      StudyResolver,
      StudyTaskResolver,
      TokenResolver,
      TrainingCatalogueResolver,
      TrainingResolver,
      CapacityCurveResolver,
      LabelLeakingResolver,
      LeaderboardResolver,
      LeaderboardEntryResolver,
      ExcludedModelResolver,
      ModelComparisonResolver,
      ResultsResolver,
      RobustnessCurveResolver,
      TransferResolver,
      TransferCellResolver,
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
  return schema;
}

/** The schema as the file schema.graphql holds it. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Written by \`npm run schema\` from src/schema and src/resolvers. Do not edit.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}
