/** Every page of the dashboard, as paths with what a server holds. */
import { graphqlClient, dataOf } from '../server/support/client.js';

/** @returns paths by name; pages of one thing are of the first there is. */
export async function pagesOf(url: string, token: string): Promise<Record<string, string>> {
  const query = `{
    evaluations(first: 1, filter: { states: [SUCCEEDED] }) { nodes { id } }
    trainingRuns(first: 1) { nodes { id } }
    studies(first: 1) { nodes { id } }
    datasets(first: 1) { nodes { id } }
    benchmarks(first: 1) { nodes { id } }
    models(first: 2, filter: { statuses: [READY] }, orderBy: { field: NAME, direction: DESC }) { nodes { id } }
  }`;
  const { evaluations, models, trainingRuns, studies, datasets, benchmarks } = await dataOf(
    graphqlClient(`${url}/graphql`, `Bearer ${token}`)(query),
  );
  const [evaluation, model, run, study, dataset, benchmark] = [evaluations, models, trainingRuns, studies, datasets, benchmarks].map(
    ({ nodes }) => nodes[0]?.id as string | undefined,
  );
  const both = JSON.stringify(models.nodes.map(({ id }: { id: string }) => id));
  return {
    overview: '/',
    leaderboard: '/leaderboard',
    benchmarks: '/benchmarks',
    ...(benchmark && { benchmark: `/benchmarks/${benchmark}` }),
    models: '/models',
    ...(model && { model: `/models/${model}` }),
    evaluations: '/evaluations',
    ...(evaluation && { evaluation: `/evaluations/${evaluation}` }),
    'new-evaluation': '/new-evaluation',
    'new-training': '/new-training',
    'new-transfer': '/new-transfer',
    'new-study': '/new-study',
    jobs: '/jobs',
    admin: '/admin',
    submit: '/submit',
    compare: `/compare?models=${encodeURIComponent(both)}`,
    transfer: '/transfer',
    training: '/training',
    ...(run && { 'training-run': `/training/${run}` }),
    studies: '/studies',
    ...(study && { study: `/studies/${study}` }),
    datasets: '/datasets',
    'upload-dataset': '/upload-dataset',
    ...(dataset && { dataset: `/datasets/${dataset}` }),
    missing: '/studies/none',
  };
}
