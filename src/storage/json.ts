/** Columns of JSON: Prisma knows no more of them than that, and each has the type of what is written to it here. @module */
import type { AttackStage } from '../compute/attacks/index.js';
import type { GameResult } from '../compute/adversarial-classification/index.js';
import type { ClassifierPlan } from '../compute/classifiers/index.js';
import type { TransformationStep, UploadResizing } from '../compute/data/index.js';
import type { EngineDescription } from '../compute/engine/index.js';
import type { Diagnostics } from '../compute/evaluation/index.js';
import type { ArchitectureRequest, CleanCheck, Endpoint, ModelCard, ModelSpec } from '../compute/models/index.js';
import type { AttackChoice, ParameterValues } from '../compute/parameters/index.js';
import type { TrainingPlan } from '../compute/training/index.js';
import type { Calibrations } from '../results/calibration.js';
import type { EntryResult } from '../results/benchmark.js';
import type { ModelCardFields } from '../results/model-card.js';
import type { RobustBenchInfo } from '../results/robustbench-info.js';
import type { DestructionCounts } from '../results/destruction.js';
import type { Finding } from '../results/findings/types.js';
import type { EvaluationSeconds } from '../results/seconds.js';
import type { Report, Settings } from '../studies/types.js';
import type { Prisma } from './generated/client.js';

/** What was asked about an uploaded data set. */
export interface PreparationRequest {
  /** Of the upload. */
  readonly fileName: string | null;
  readonly classNames?: readonly string[];
  readonly resizing?: UploadResizing;
  readonly channels?: 1 | 3;
  /** Room that the owner had when it was registered. */
  readonly maxBytes: number;
}

interface Columns {
  readonly attacks: AttackChoice[];
  readonly architecture: ArchitectureRequest | null;
  readonly classifier: ClassifierPlan | null;
  readonly calibration: Calibrations | null;
  readonly cleanCheck: CleanCheck | null;
  readonly card: ModelCardFields | null;
  readonly diagnostics: Diagnostics | null;
  readonly endpoint: Endpoint | null;
  readonly engine: EngineDescription | null;
  readonly findings: Finding[] | null;
  /** Of a study's task. */
  readonly game: GameResult | null;
  /** Of an entry that was read from RobustBench's files. */
  readonly info: RobustBenchInfo;
  readonly operations: Readonly<Record<string, number>> | null;
  readonly parameters: ParameterValues;
  readonly phases: EvaluationSeconds | null;
  readonly plan: TrainingPlan;
  readonly report: Report | null;
  readonly result: EntryResult | null;
  /** Of a data set that was uploaded. */
  readonly request: PreparationRequest | null;
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
export const classifierOf = reader('classifier');
export const calibrationOf = reader('calibration');
export const cleanCheckOf = reader('cleanCheck');
export const attacksOf = reader('attacks');
export const cardOf = reader('card');
export const diagnosticsOf = reader('diagnostics');
/** Without its authorization, which is sealed. */
export const endpointOf = reader('endpoint');
export const engineOf = reader('engine');
export const findingsOf = reader('findings');
export const gameOf = reader('game');
export const infoOf = reader('info');
export const operationsOf = reader('operations');
export const parametersOf = reader('parameters');
export const phasesOf = reader('phases');
export const planOf = reader('plan');
export const reportOf = reader('report');
export const resultOf = reader('result');
export const preparationRequestOf = reader('request');
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

/** Columns of a model that its validation finds. */
export function columnsOfCard({ spec, operations, warnings, cleanCheck, ...card }: ModelCard) {
  return {
    ...card,
    operations: { ...operations },
    warnings: [...warnings],
    spec: toJson(spec),
    ...(cleanCheck && { cleanCheck: toJson(cleanCheck) }),
  };
}
