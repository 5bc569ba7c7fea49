/** Every page of the dashboard, as paths with what a server holds. */
import { graphqlClient, dataOf } from '../server/support/client.js';

/** @returns paths by name; pages of one thing are of the first there is. */
export async function pagesOf(url: string, token: string): Promise<Record<string, string>> {
  const query = `{
    evaluations(first: 1, filter: { states: [SUCCEEDED] }) { nodes { id } }
    models(first: 1, filter: { statuses: [READY] }, orderBy: { field: NAME, direction: DESC }) { nodes { id } }
  }`;
  const { evaluations, models } = await dataOf(graphqlClient(`${url}/graphql`, `Bearer ${token}`)(query));
  const [evaluation, model] = [evaluations.nodes[0]?.id, models.nodes[0]?.id];
  return {
    overview: '/',
    leaderboard: '/leaderboard',
    models: '/models',
    ...(model && { model: `/models/${model}` }),
    evaluations: '/evaluations',
    ...(evaluation && { evaluation: `/evaluations/${evaluation}` }),
    'new-evaluation': '/new-evaluation',
    jobs: '/jobs',
    missing: '/studies/none',
  };
}
