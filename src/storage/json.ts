/** Columns of JSON: Prisma knows no more of them than that, and each has the type of what is written to it here. @module */
import type { AttackStage } from '../compute/attacks/index.js';
import type { TransformationStep } from '../compute/data/index.js';
import type { EngineDescription } from '../compute/engine/index.js';
import type { Diagnostics } from '../compute/evaluation/index.js';
import type { ArchitectureRequest, Endpoint, ModelSpec } from '../compute/models/index.js';
import type { ParameterValues } from '../compute/parameters/index.js';
import type { TrainingPlan } from '../compute/training/index.js';
import type { DestructionCounts } from '../results/destruction.js';
import type { Finding } from '../results/findings/types.js';
import type { EvaluationSeconds } from '../results/seconds.js';
import type { Report, Settings } from '../studies/types.js';
import type { Prisma } from './generated/client.js';

interface Columns {
  readonly architecture: ArchitectureRequest | null;
  readonly diagnostics: Diagnostics | null;
  readonly endpoint: Endpoint | null;
  readonly engine: EngineDescription | null;
  readonly findings: Finding[] | null;
  readonly operations: Readonly<Record<string, number>> | null;
  readonly parameters: ParameterValues;
  readonly phases: EvaluationSeconds | null;
  readonly plan: TrainingPlan;
  readonly report: Report | null;
  readonly results: DestructionCounts[];
  readonly settings: Settings;
  readonly spec: ModelSpec;
  readonly stages: AttackStage[] | null;
  readonly transformations: TransformationStep[][];
}

/** A row that has the column. */
type With<Name extends keyof Columns> = Readonly<Record<Name, Prisma.JsonValue>>;

const reader =
  <Name extends keyof Columns>(name: Name) =>
  (row: With<Name>) =>
    row[name] as Columns[Name];

export const architectureOf = reader('architecture');
export const diagnosticsOf = reader('diagnostics');
/** Without its authorization, which is sealed. */
export const endpointOf = reader('endpoint');
export const engineOf = reader('engine');
export const findingsOf = reader('findings');
export const operationsOf = reader('operations');
export const parametersOf = reader('parameters');
export const phasesOf = reader('phases');
export const planOf = reader('plan');
export const reportOf = reader('report');
export const resultsOf = reader('results');
export const settingsOf = reader('settings');
/** Of a model that is ready; before, it is what the submitter has given of it. */
export const specOf = reader('spec');
export const stagesOf = reader('stages');
export const transformationsOf = reader('transformations');

/** As Prisma takes it: an interface is not of its type, which has an index signature. */
export function toJson(value: object): Prisma.InputJsonValue {
  return value as Prisma.InputJsonValue;
}
