/** Engines beside `compiled:cpu` on the same machine: whether they compute the same, and how fast. @module */
import type { EngineReport, Failed } from './engine.js';

export interface EngineResult {
  readonly name: string;
  readonly report: EngineReport | Failed;
}

export interface Comparison {
  readonly engine: string;
  /** Networks within the tolerance of the reference, of all that were tried. */
  readonly parity: string;
  /** Images that are right under AutoAttack, of all; and how many more or fewer than on the CPU. */
  readonly robust: string;
  readonly robustDifference: number | null;
  /** Seconds of the CPU's AutoAttack by its own. */
  readonly autoAttackSpeed: number | null;
  /** Largest difference of a tenth's mean loss from the CPU's, and of accuracy under PGD after training. */
  readonly lossDifference: number | null;
  readonly pgdDifference: number | null;
  /** Images a second in training, by the CPU's. */
  readonly trainingSpeed: number | null;
  /** Images a second of the iterative attack, by the CPU's, network by network. */
  readonly attackSpeed: string;
  /** No part failed, parity holds, and AutoAttack leaves as many images right as on the CPU, but for {@link ROBUST_TOLERANCE}. */
  readonly agrees: boolean;
}

/** Share of the images: those on which rounding decides. */
const ROBUST_TOLERANCE = 0.02;

const done = <Part extends object>(part: Part | Failed | undefined): Part | undefined =>
  part && 'error' in part ? undefined : (part as Part | undefined);

/** A row for each engine that ran. */
export function compared(results: readonly EngineResult[]): Comparison[] {
  const reports = results.flatMap(({ name, report }) => ('error' in report ? [] : [{ name, report }]));
  const cpu = reports.find(({ name }) => name === 'compiled:cpu')?.report;
  return reports.map(({ name, report }) => row(name, report, cpu));
}

function row(name: string, report: EngineReport, cpu: EngineReport | undefined): Comparison {
  const [parity, attack, training, speed] = [done(report.parity), done(report.autoAttack), done(report.training), done(report.speed)];
  const [cpuAttack, cpuTraining, cpuSpeed] = [done(cpu?.autoAttack), done(cpu?.training), done(cpu?.speed)];
  const robustDifference = attack && cpuAttack ? attack.robust - cpuAttack.robust : null;
  const holds = parity?.filter(({ withinTolerance }) => withinTolerance).length ?? 0;
  const isAsRobust = robustDifference === null || Math.abs(robustDifference) <= ROBUST_TOLERANCE * attack!.images;
  return {
    engine: name,
    parity: parity ? `${holds} of ${parity.length}` : 'failed',
    robust: attack ? `${attack.robust} of ${attack.images}` : 'failed',
    robustDifference,
    autoAttackSpeed: attack && cpuAttack ? ratio(cpuAttack.seconds, attack.seconds) : null,
    lossDifference: training && cpuTraining ? Math.max(...training.losses.map((loss, i) => Math.abs(loss - cpuTraining.losses[i]!))) : null,
    pgdDifference: training && cpuTraining ? training.iterative - cpuTraining.iterative : null,
    trainingSpeed: training && cpuTraining ? ratio(training.imagesPerSecond, cpuTraining.imagesPerSecond) : null,
    attackSpeed: (speed ?? [])
      .flatMap(({ model, iterative }) => {
        const same = cpuSpeed?.find((one) => one.model === model);
        return same ? [`${model} ${ratio(iterative, same.iterative)}`] : [];
      })
      .join(', '),
    agrees: Boolean(parity && attack && training && speed) && holds === parity!.length && isAsRobust,
  };
}

const ratio = (a: number, b: number) => Number((a / b).toPrecision(3));
