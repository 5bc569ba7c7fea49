/** A job of every kind, and its numbers. @module */
import { setTimeout as sleep } from 'node:timers/promises';
import { begin as beginCertification, read as readCertification } from '../server/support/certification.js';
import { dataOf, type GraphQLClient } from '../server/support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';
import { input as trainingInput, readRun, start as startTraining } from '../server/support/training.js';

export interface Fixture {
  readonly name: string;
  readonly datasetId: string;
  /** Two networks of the same weights in every round, under other names: the same request would be answered from what there is. */
  readonly modelIds: readonly [string, string];
}

let datasetId: string | undefined;

export async function prepareModels(graphql: GraphQLClient, name: string): Promise<Fixture> {
  datasetId ??= await registerMnist(graphql);
  const modelIds = [await submitAgain(graphql, `${name} a`, 1), await submitAgain(graphql, `${name} b`, 2)] as const;
  return { name, datasetId, modelIds };
}

/** Where the answer to a request was lost, what it did may be there: a taken name is what was asked for. */
async function submitAgain(graphql: GraphQLClient, name: string, seed: number): Promise<string> {
  try {
    return await submitArchitecture(graphql, name, 'mlp', seed);
  } catch (error) {
    if (!(error as Error).message.includes('There is already a model')) throw error;
    for (;;) {
      const { model } = await dataOf(graphql('query ($name: String!) { model(name: $name) { id status } }', { name }));
      if (model?.status === 'READY') return model.id as string;
      await sleep(500);
    }
  }
}

const EVALUATION = `query ($id: ID!) { evaluation(id: $id) { clean { top1 { value n } } adversarial { top1 { value n } top5 { value } } queries gradients
  meanDistortion { linf l2 l0 } examples(first: 100) { nodes { index label success adversarial { label confidence } distortion { l2 } } } } }`;
const TRANSFER = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) {
  ... on StartTransferSuccess { transfer { id } job { id } } ... on UserError { message } } }`;
const CELLS = `query ($id: ID!) { transfer(id: $id) { cells { n rate { value n } errorRate { value n } } } }`;
const DESTRUCTION = `mutation ($input: StartDestructionInput!) { startDestruction(input: $input) {
  ... on StartDestructionSuccess { destruction { id } job { id } } ... on UserError { message } } }`;
const RATES = `query ($id: ID!) { destruction(id: $id) { results { rate { value n } } } }`;

/** Longest wait for a job, in which everything may be away. */
const PATIENCE_MS = 600_000;

async function succeeded(graphql: GraphQLClient, jobId: string): Promise<void> {
  const { state, error } = await finished(graphql, jobId, PATIENCE_MS);
  if (state !== 'SUCCEEDED') throw new Error(`A job that was told of ended as ${state}: ${error}`);
}

async function evaluation(graphql: GraphQLClient, { datasetId: dataset, modelIds }: Fixture, attack: object, keepImages: boolean) {
  const input = { modelId: modelIds[0], datasetId: dataset, attacks: [attack], sampleCount: 160, seed: 7, keepImages };
  const { jobIds, evaluationIds } = await startEvaluation(graphql, input);
  await succeeded(graphql, jobIds[0]!);
  return { id: evaluationIds[0]!, numbers: (await dataOf(graphql(EVALUATION, { id: evaluationIds[0] }))).evaluation as unknown };
}

/** Each runs a job to its end and returns its numbers. */
export const KINDS: Readonly<Record<string, (graphql: GraphQLClient, fixture: Fixture) => Promise<unknown>>> = {
  fgsm: async (graphql, fixture) => (await evaluation(graphql, fixture, { fgsm: { epsilon: 0.1 } }, false)).numbers,

  'square attack': async (graphql, fixture) =>
    (await evaluation(graphql, fixture, { squareLinf: { epsilon: 0.1, queries: 200 } }, false)).numbers,

  'destruction of a kept pgd': async (graphql, fixture) => {
    const { id, numbers } = await evaluation(graphql, fixture, { pgd: { epsilon: 0.2, steps: 20 } }, true);
    const input = { evaluationId: id, transformations: [{ noise: 0.1 }, { jpeg: 50 }], seed: 3 };
    const { startDestruction } = await dataOf(graphql(DESTRUCTION, { input }));
    await succeeded(graphql, startDestruction.job.id as string);
    return [numbers, (await dataOf(graphql(RATES, { id: startDestruction.destruction.id }))).destruction];
  },

  transfer: async (graphql, { datasetId: dataset, modelIds }) => {
    const attacks = [{ iterBasic: { epsilon: 0.15 } }, { stepLl: { epsilon: 0.1 } }];
    const input = { sourceIds: modelIds, targetIds: modelIds, datasetId: dataset, attacks, sampleCount: 100, seed: 5 };
    const { startTransfer } = await dataOf(graphql(TRANSFER, { input }));
    await succeeded(graphql, startTransfer.job.id as string);
    return (await dataOf(graphql(CELLS, { id: startTransfer.transfer.id }))).transfer as unknown;
  },

  certification: async (graphql, { datasetId: dataset, modelIds }) => {
    const input = { modelId: modelIds[1], datasetId: dataset, sigma: 0.1, selectionSamples: 10, estimationSamples: 190, sampleCount: 40 };
    const started = await beginCertification(graphql, input);
    await succeeded(graphql, started.job.id as string);
    const { certifiedAccuracy, examples, averageRadius } = await readCertification(graphql, started.certification.id as string);
    return { certifiedAccuracy, examples, averageRadius } as unknown;
  },

  training: async (graphql, { name, datasetId: dataset }) => {
    const asked = trainingInput(dataset, { name: `${name} trained`, steps: 60, interval: 10 });
    const { jobId, runId } = await startTraining(graphql, asked);
    await succeeded(graphql, jobId);
    const { model, series } = await readRun(graphql, runId);
    return { fingerprint: model.fingerprint, losses: series.map(({ loss }: { loss: number }) => loss) } as unknown;
  },
};
