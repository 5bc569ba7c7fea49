/**
 * Attacks on several models at once. The images are made on the sources, without asking the model that is evaluated, and are transferred to it; where it is
 * one of the sources, or where there are none, the attack is white-box.
 * @module
 */
import { ComputeError } from '../../errors.js';
import { type AnyModel, differentiable } from '../../models/index.js';
import { choice, modelList, numberList, type ValuesOf } from '../../parameters/index.js';
import { type AttackDefinition, type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { targetsOf } from '../core/labels.js';
import { listOf } from './attack-list.js';
import { type ConfiguredAttack, itself, named, prepareAll, runInTurn, sharedBudget, strongestAccess } from './composite.js';
import { ensembleModel } from './ensemble-model.js';

const MOST_SOURCES = 10;

/**
 * @param of attacks that may be in the list: by gradient, and without a preparation that depends on the model. @param summed kinds of those that can follow a sum of losses.
 */
export function ensemble(of: readonly AttackDefinition[], summed: readonly AttackDefinition[]): AttackDefinition {
  const parameters = {
    attacks: listOf(
      of,
      'The attacks. One alone is run as it would be on a single model. Of several, each is run on the images that the ensemble still gets right after those before it.',
    ),
    sourceModelIds: modelList({
      maximum: MOST_SOURCES,
      description:
        'Ids of the source models, which are attacked together. They take images of the same size and have the same classes. Absent: the evaluated model alone.',
    }),
    fusion: choice({
      enumName: 'EnsembleFusion',
      values: {
        LOGITS: 'The weighted mean of the logits, which Dong et al. 2018 found to transfer best.',
        PROBABILITIES: 'The weighted mean of the probabilities (Liu et al. 2017).',
        LOSSES: `The weighted sum of the losses. For ${summed.map(({ kind }) => kind).join(', ')}.`,
      },
      default: 'LOGITS',
      description: 'What of the source models is put together.',
    }),
    weights: numberList({
      maximum: 1e6,
      maximumCount: MOST_SOURCES,
      description: 'Weight of each source model, in their order; only their ratios count. Absent: all equal, as in the papers.',
    }),
  };
  type Values = ValuesOf<typeof parameters>;

  const members = ({ attacks }: Values): ConfiguredAttack[] =>
    attacks.map((one) => ({ definition: of.find(({ kind }) => kind === one.kind)!, parameters: one.parameters }));

  return defineAttack({
    kind: 'ENSEMBLE',
    name: 'ensemble',
    title: 'Ensemble of source models',
    description:
      'Attacks by gradient on several source models at once, whose images are transferred to the evaluated model. Nothing is asked of that one, so it may be a black box.',
    access: 'GRADIENT',
    norms: ['LINF', 'L2', 'L1', 'L0'],
    targeted: false,
    reference: {
      title: 'Delving into Transferable Adversarial Examples and Black-box Attacks',
      authors: 'Liu, Chen, Liu, Song',
      year: 2017,
      link: 'arXiv:1611.02770',
    },
    parameters,
    budget: (values, imageShape) => sharedBudget(members(values), imageShape),
    accessOf: (values) => (values.sourceModelIds ? 'NONE' : strongestAccess(members(values))),
    check({ attacks, sourceModelIds = [''], fusion, weights }) {
      if (weights && weights.length !== sourceModelIds.length) {
        const message = `There are ${weights.length} weights and ${sourceModelIds.length} source models. Give one weight for each model, or none.`;
        throw new ComputeError('INVALID_ATTACK', message, ['weights']);
      }
      const other = fusion === 'LOSSES' && attacks.find((one) => !summed.some(({ kind }) => kind === one.kind));
      if (other) {
        const message = `${other.kind} follows no single loss, so losses cannot be summed for it. Choose the fusion LOGITS or PROBABILITIES, or one of ${summed.map(({ kind }) => kind).join(', ')}.`;
        throw new ComputeError('INVALID_ATTACK', message, ['fusion']);
      }
    },
    prepare: (preparation, values) => prepareAll(preparation, members(values), itself),
    async run(task: AttackTask<readonly unknown[]>, values) {
      const { sources = [task.model] } = task;
      if (values.sourceModelIds && values.sourceModelIds.length !== sources.length) {
        throw new ComputeError('INVALID_ATTACK', 'Source models can be named in evaluations alone.', ['sourceModelIds']);
      }
      const fused = await onEnsemble(task, sources, values);
      const attacks = members(values);
      const [first, ...others] = attacks;
      const output =
        first && others.length === 0 ? await runAlone(fused, first, task.prepared?.[0]) : await runInTurn(fused, attacks, task.prepared);
      const spent = (passes: Int32Array) => passes.map((count) => count * sources.length);
      return { images: output.images, queries: spent(output.queries), gradients: spent(output.gradients) };
    },
  });
}

function runAlone(task: AttackTask, { definition, parameters }: ConfiguredAttack, prepared: unknown): Promise<AttackOutput> {
  return definition.run({ ...named(task, definition.kind), targets: targetsOf(task, definition, parameters), prepared }, parameters);
}

interface Fused {
  readonly fusion: 'LOGITS' | 'PROBABILITIES' | 'LOSSES';
  readonly weights?: readonly number[];
}

/** The task on the ensemble in place of the evaluated model: also what is known of clean images is what the ensemble makes of them. */
async function onEnsemble(task: AttackTask, sources: readonly AnyModel[], { fusion, weights }: Fused): Promise<AttackTask> {
  const models = sources.map(differentiable);
  const given = weights ?? models.map(() => 1);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  const shares = given.map((weight) => weight / total);
  const isOne = models.length === 1;
  // What a sum of losses decides is not said; the mean of logits is as good as any.
  const model = isOne ? models[0]! : ensembleModel(models, shares, fusion === 'LOSSES' ? 'LOGITS' : fusion);
  const attacked = {
    ...task.on(model),
    ...(fusion === 'LOSSES' && !isOne
      ? { compile: task.on(ensembleModel(models, shares, 'SIDE_BY_SIDE')).compile, lossWeights: shares }
      : {}),
  };
  return {
    ...task,
    ...attacked,
    // Lists run on `task.on(task.model)`: this ensemble.
    on: (other) => (other === model ? { ...attacked, on: task.on } : task.on(other)),
    cleanLogits: await attacked.predict(task.images),
    cleanPrediction: undefined,
    predictions: 1,
    targets: undefined,
  };
}
