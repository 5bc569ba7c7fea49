/**
 * Studies. Glossary. *Recipe*: what to train, attack and tabulate to test one finding of a paper. *Scale*: data set, networks and sizes that a recipe is
 * applied at. *Task*: one training, evaluation or transfer of a study, or another that `Task` names. *Report*: what came of it.
 *
 * Recipes are functions from data to data: they plan tasks and tabulate outcomes, and know nothing of jobs and databases.
 * @module
 */
import type { GamePlan, GameResult } from '../compute/adversarial-classification/index.js';
import type { ParameterValues } from '../compute/parameters/index.js';
import type { ArchitectureRequest } from '../compute/models/index.js';
import type { MeanEstimate } from '../compute/statistics/index.js';
import type { Augmentation, Selection, EpsilonDistribution, Regularisation } from '../compute/training/index.js';

/** Everything that a recipe is applied at, ε as a fraction of the pixel range. */
export interface Scale {
  readonly name: string;
  readonly title: string;
  /** What the server and its owner have to bring. */
  readonly needs: string;
  /** How it differs from what the paper did. */
  readonly comparedWithPaper: string;
  /** Format of the data sets: the one of split TRAIN is trained on, the one of split TEST attacked. */
  readonly datasetFormat: string;
  /** Images of the test set that are attacked. */
  readonly sampleCount: number;
  readonly steps: number;
  /** m. */
  readonly batchSize: number;
  readonly optimizer: Selection;
  readonly schedule: Selection;
  readonly augmentation: Augmentation;
  readonly regularisation: Regularisation;
  /** Algorithm 1 as the paper has it, with step l.l. */
  readonly algorithm1: Algorithm1Settings;
  /** Budgets of attacks, rising. */
  readonly epsilons: readonly number[];
  /** Size and number of the steps of iterative attacks; empty: the paper's. */
  readonly iterative: ParameterValues;
  /** Of all studies of a single architecture. */
  readonly architecture: Network['architecture'];
  /** Of studies of transfer. */
  readonly architectures: readonly { readonly name: string; readonly architecture: Network['architecture'] }[];
  /** ρ, rising. */
  readonly widths: readonly number[];
  /** Whether its networks are models that the owner of a study names, of which none is trained. */
  readonly takesModels?: boolean;
}

export interface Algorithm1Settings {
  readonly k: number;
  readonly lambda: number;
  readonly epsilonMax: number;
  readonly epsilonDistribution: EpsilonDistribution;
  readonly sigmaShare: number;
  /** Share of the steps before the first adversarial image. */
  readonly delay: number;
}

/** A scale with what the study's owner has chosen. */
export interface Settings extends Scale {
  /** Networks that are trained of each kind, with seeds 1, 2, … */
  readonly seeds: number;
  /** Where networks are submitted, and not trained: they are the repetitions that intervals are made from. */
  readonly models?: readonly SubmittedModel[];
}

export interface SubmittedModel {
  /** Unique among them. */
  readonly name: string;
  /** As clients know it. */
  readonly id: string;
}

/** A network and how it is trained, apart from seeds and from what the scale says. */
export interface Network {
  readonly architecture: Omit<ArchitectureRequest, 'seed'>;
  readonly scheme: Selection & { readonly attacks?: readonly Attack[] };
  readonly regularisation?: Partial<Regularisation>;
}

export interface Attack {
  readonly kind: string;
  readonly parameters: ParameterValues;
}

/** Tasks name each other by key; what a task needs comes before it in the plan. */
export type Task = TrainingTask | ClassifierTask | EvaluationTask | TransferTask | GameTask;

export interface TrainingTask {
  readonly kind: 'training';
  readonly key: string;
  readonly network: Network;
  readonly seed: number;
}

/** Fits a classical classifier to the training data set. */
export interface ClassifierTask {
  readonly kind: 'classifier';
  readonly key: string;
  /** A kind of classifier, and its parameters. */
  readonly classifier: Selection;
  /** Examples that it is fitted to. */
  readonly offset: number;
  readonly sampleCount: number;
  readonly seed: number;
}

export interface EvaluationTask {
  readonly kind: 'evaluation';
  readonly key: string;
  /** Key of the training or of the classifier, or name of a submitted model. */
  readonly network: string;
  readonly attack: Attack;
  /** For a transfer. */
  readonly keepImages: boolean;
}

export interface TransferTask {
  readonly kind: 'transfer';
  readonly key: string;
  /** Key of the training or classifier that is attacked, or name of a submitted model. */
  readonly source: string;
  /** Keys of its evaluations whose images are shown to others. */
  readonly evaluations: readonly string[];
  /** Keys of trainings and classifiers, or names of submitted models. */
  readonly targets: readonly string[];
}

/** Naive Bayes and an adversary, on the training and the test data set. */
export interface GameTask {
  readonly kind: 'game';
  readonly key: string;
  readonly plan: GamePlan;
}

/** Counts of examples. */
export interface EvaluationCounts {
  readonly n: number;
  readonly clean: number;
  readonly adversarial: number;
  /** Right before the attack and wrong after. */
  readonly successes: number;
}

/** Counts of examples. */
export interface TransferCounts {
  /** Source and target are right on the original. */
  readonly bothRight: number;
  /** Of those, the source is wrong on the adversarial image. */
  readonly fooledSource: number;
  /** Of those, the target is wrong too. */
  readonly transferred: number;
}

/** What the tasks of a study have led to, by their keys. */
export interface Outcomes {
  evaluation(key: string): EvaluationCounts;
  /** Of the images of an evaluation. @param target key of a training, or name of a submitted model. */
  transfer(evaluation: string, target: string): TransferCounts;
  game(key: string): GameResult;
}

export interface Recipe {
  /** Such as `F1`. */
  readonly name: string;
  readonly title: string;
  /** What the paper found. */
  readonly claim: string;
  /** What its verdicts decide, and where that is less than the claim. */
  readonly criteria: string;
  /** Rises whenever tasks or criteria change: figures of different versions are not comparable. */
  readonly version: number;
  /** Whether it trains nothing that differs from what a scale's networks are, so that submitted models will do. */
  readonly takesModels?: boolean;
  /** Names of the scales that it can be applied at. Default: all. */
  readonly scales?: readonly string[];
  plan(settings: Settings): Task[];
  report(outcomes: Outcomes, settings: Settings): Report;
}

export interface Report {
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly verdicts: readonly Verdict[];
}

export interface Table {
  readonly title: string;
  /** The first is that of the rows' labels. */
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  readonly label: string;
  /** Null where nothing could be measured. */
  readonly cells: readonly (MeanEstimate | null)[];
}

export interface Plot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly (MeanEstimate & { readonly x: number })[];
}

export type VerdictOutcome = 'REPRODUCED' | 'NOT_REPRODUCED' | 'NOT_DECIDED';

export interface Verdict {
  readonly statement: string;
  /** How it was decided. */
  readonly criterion: string;
  /** What the paper reports for it. */
  readonly paper: string;
  readonly estimate: MeanEstimate | null;
  readonly outcome: VerdictOutcome;
}
