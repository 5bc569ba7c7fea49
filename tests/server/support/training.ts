/** What tests of training ask for and read. */
import { dataOf, type GraphQLClient } from './client.js';

export const START = `mutation ($input: StartTrainingInput!) { startTraining(input: $input) {
  __typename
  ... on StartTrainingSuccess { trainingRun { id totalSteps } model { id status } job { id kind progress { unit total } } }
  ... on UserError { message path }
} }`;

const RUN = `query ($id: ID!) { trainingRun(id: $id) {
  scheme plan outcome warnings engine finishedAt seed
  model { id status warnings fingerprint architecture trainingRun { id } } baseModel { id } dataset { name } job { state error errorCode }
  series { step loss trainingAccuracy cleanAccuracy oneStepAccuracy iterativeAccuracy checkpointUrl }
} }`;

/** A short run on the test images of MNIST. */
export const input = (datasetId: string, rest: object = {}) => ({
  name: `trained ${Math.random()}`,
  architecture: { name: 'mlp', seed: 1, width: 0.25 },
  datasetId,
  scheme: { algorithm1: { k: 8, epsilonMax: 0.2, lambda: 0.5 } },
  optimizer: { adam: {} },
  schedule: { cosine: { learningRate: 0.002 } },
  steps: 40,
  batchSize: 16,
  seed: 3,
  validation: { sampleCount: 40, epsilon: 0.1, iterations: 3 },
  interval: 10,
  ...rest,
});

export async function start(graphql: GraphQLClient, asked: object) {
  const { startTraining } = await dataOf(graphql(START, { input: asked }));
  if (startTraining.__typename !== 'StartTrainingSuccess') throw new Error(`${startTraining.__typename}: ${startTraining.message}`);
  return {
    runId: startTraining.trainingRun.id as string,
    jobId: startTraining.job.id as string,
    modelId: startTraining.model.id as string,
  };
}

export const readRun = async (graphql: GraphQLClient, id: string) => (await dataOf(graphql(RUN, { id }))).trainingRun;
