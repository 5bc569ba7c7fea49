/** What tests of studies ask for and read. */
import { dataOf, type GraphQLClient } from './client.js';
import { registerMnist } from './operations.js';

export const START = `mutation ($input: StartStudyInput!) { startStudy(input: $input) {
  __typename
  ... on StartStudySuccess { study { id } job { id } }
  ... on UserError { message path }
} }`;

const STUDY = `query ($id: ID!) { study(id: $id) {
  recipe version scale seeds finishedAt csv: reportUrl(format: CSV) json: reportUrl(format: JSON) html: reportUrl
  tables { title columns rows { label cells { mean lower upper n } } }
  plots { title series { name points { x mean } } }
  verdicts { statement outcome estimate { mean n } }
  tasks {
    key job { id state } trainingRun { model { id status } } transfer { id }
    evaluation { id clean { top1 { value } } adversarial { top1 { value } } }
  }
} }`;

/** So small that only the path of the numbers into the report can be tested. */
export const TINY = { recipe: 'F1', scale: 'mnist-mini', seeds: 2, steps: 2, sampleCount: 8 };

export async function start(graphql: GraphQLClient, input: object): Promise<{ studyId: string; jobId: string }> {
  const { startStudy } = await dataOf(graphql(START, { input }));
  if (startStudy.__typename !== 'StartStudySuccess') throw new Error(startStudy.message);
  return { studyId: startStudy.study.id, jobId: startStudy.job.id };
}

export const read = async (graphql: GraphQLClient, id: string) => (await dataOf(graphql(STUDY, { id }))).study;

export interface Task {
  key: string;
  job: { id: string; state: string } | null;
  trainingRun: { model: { id: string; status: string } } | null;
  transfer: { id: string } | null;
  evaluation: { id: string; clean: { top1: { value: number } }; adversarial: { top1: { value: number } } } | null;
}

export async function registerBoth(graphql: GraphQLClient): Promise<void> {
  await registerMnist(graphql);
  const training = 'mutation { registerDataset(input: { name: "mnist-train", format: "mnist", split: TRAIN }) { __typename } }';
  await dataOf(graphql(training));
}
