/** The target ALL: every wrong class in turn, a run of the attack for each. @module */
import { asJudged, type Budget } from '../../distances/index.js';
import type { ParameterValues } from '../../parameters/index.js';
import { floats } from '../../tensors/index.js';
import { hostLengthIn } from '../norms/lengths.js';
import type { AttackDefinition, AttackOutput, AttackTask } from './definition.js';
import { decidedClasses, isReached } from './goal.js';
import { row } from './image-arrays.js';
import { aimsAtAll, wrongClass } from './labels.js';
import { NOTHING, type SearchResult, smallestChange } from './minimum-norm.js';
import { Survivors } from './survivors.js';

/** The attack, which can also be run with the target ALL. Attacks without a target stay as they are. */
export function withEveryTarget(attack: AttackDefinition): AttackDefinition {
  if (!('target' in attack.parameters)) return attack;
  return {
    ...attack,
    run: (task, parameters) => (aimsAtAll(parameters) ? runTowardsAll(attack, task, parameters) : attack.run(task, parameters)),
  };
}

/** Any wrong class counts, as in APGD-T and FAB-T: the first that is reached, or the shortest change where the attack has no fixed budget. */
function runTowardsAll(attack: AttackDefinition, task: AttackTask, parameters: ParameterValues): Promise<AttackOutput> {
  const budget = attack.budget(parameters, task.model.spec.inputShape);
  const classes = task.model.spec.classCount - 1;
  const towards = (left: AttackTask, rank: number) => attack.run({ ...left, targets: wrongClass(left, rank) }, parameters);
  const { epsilon } = attack.parameters;
  return epsilon?.type === 'magnitude' && epsilon.optional
    ? smallestChange(task, budget, classes, async (left, rank) => measured(left, await towards(left, rank), budget))
    : firstReached(new Survivors(task, budget), classes, towards);
}

async function firstReached(
  survivors: Survivors,
  classes: number,
  towards: (left: AttackTask, rank: number) => Promise<AttackOutput>,
): Promise<AttackOutput> {
  for (let rank = 0; rank < classes && survivors.count > 0; rank++) {
    const { images, queries, gradients } = await towards(survivors.task(), rank);
    survivors.spend(queries, gradients);
    await survivors.release(images);
  }
  return survivors.output();
}

/** Lengths of the changes that make the image one of a wrong class, as success is decided on. Costs a prediction of each. */
async function measured(task: AttackTask, found: AttackOutput, budget: Budget): Promise<SearchResult> {
  const judged = asJudged(task.images, found.images, { ...budget, judging: task.judging, levels: task.levels });
  const predicted = await decidedClasses(task, judged);
  const [images, original, size] = [floats(judged), floats(task.images), judged.data.length / Math.max(1, task.labels.length)];
  const lengths = Float32Array.from(predicted, (label, i) => {
    if (!isReached(task, i, label)) return NOTHING;
    const from = row(original, size, i);
    return hostLengthIn[budget.norm](row(images, size, i).map((value, p) => value - from[p]!));
  });
  return { ...found, lengths, queries: found.queries.map((count) => count + (task.predictions ?? 1)) };
}
