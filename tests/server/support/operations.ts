/** What most tests do with a server before they come to their point. */
import { dataOf, until, type GraphQLClient } from './client.js';

export async function registerMnist(graphql: GraphQLClient): Promise<string> {
  const { registerDataset } = await dataOf(
    graphql(`
      mutation {
        registerDataset(input: { name: "mnist-test", format: "mnist" }) {
          ... on RegisterDatasetSuccess {
            dataset {
              id
            }
          }
        }
      }
    `),
  );
  return registerDataset.dataset.id;
}

/** @returns id of a model that is ready. */
export async function submitArchitecture(
  graphql: GraphQLClient,
  name: string,
  architecture = 'mnist-small-cnn',
  seed = 1,
  visibility = 'PRIVATE',
): Promise<string> {
  const { submitModel } = await dataOf(
    graphql(
      `
        mutation ($input: SubmitModelInput!) {
          submitModel(input: $input) {
            __typename
            ... on SubmitModelSuccess {
              model {
                id
              }
              job {
                id
              }
            }
            ... on UserError {
              message
            }
          }
        }
      `,
      { input: { name, visibility, architecture: { name: architecture, seed } } },
    ),
  );
  if (!submitModel.model) throw new Error(submitModel.message);
  const { error } = await finished(graphql, submitModel.job.id);
  if (error) throw new Error(error);
  return submitModel.model.id;
}

export const START = `mutation ($input: StartEvaluationInput!) {
  startEvaluation(input: $input) {
    __typename
    ... on StartEvaluationSuccess { evaluations { id } jobs { id state progress { done total unit } } }
    ... on UserError { message path }
  }
}`;

export async function startEvaluation(graphql: GraphQLClient, input: object): Promise<{ evaluationIds: string[]; jobIds: string[] }> {
  const { startEvaluation: payload } = await dataOf(graphql(START, { input }));
  if (payload.__typename !== 'StartEvaluationSuccess') throw new Error(payload.message);
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
  return { evaluationIds: ids(payload.evaluations), jobIds: ids(payload.jobs) };
}

export interface JobView {
  state: string;
  error: string | null;
  errorCode: string | null;
  progress: { done: number; total: number };
}

export async function readJob(graphql: GraphQLClient, id: string): Promise<JobView> {
  const { job } = await dataOf(
    graphql(
      `
        query ($id: ID!) {
          job(id: $id) {
            state
            error
            errorCode
            progress {
              done
              total
            }
          }
        }
      `,
      { id },
    ),
  );
  return job;
}

/** The job in its final state. */
export function finished(graphql: GraphQLClient, jobId: string, timeoutMs?: number): Promise<JobView> {
  return until(
    async () => {
      const job = await readJob(graphql, jobId);
      return ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(job.state) && job;
    },
    `job ${jobId}`,
    timeoutMs,
  );
}

export const RESULT = `
  id sampleCount offset seed engine throughput imagesPerSecond queries gradients createdAt finishedAt requestHash
  model { id name } dataset { id name } job { id state progress { done total unit } evaluation { id } }
  attack { kind epsilon norm parameters }
  clean { top1 { value lower upper n } top5 { value n } }
  adversarial { top1 { value lower upper n } top5 { value n } }
  successRate { value lower upper n }
  seconds { total compile decode clean attack predict metrics store }
  meanDistortion { linf l2 l1 l0 rms ssim pass }
  medianDistortion { linf l2 l1 l0 rms ssim pass }
  findings { code severity message evidence }
`;
