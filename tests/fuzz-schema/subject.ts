/** What random operations are about, and who sends them. @module */
import { dataOf, type GraphQLClient } from '../server/support/client.js';

/** Ids that a server has, and a header for each role, one of which is nobody. @param authorization of an admin. */
export async function idsAndRoles(graphql: GraphQLClient, authorization: string) {
  const { models, datasets } = await dataOf<Record<'models' | 'datasets', { nodes: { id: string }[] }>>(
    graphql('{ models { nodes { id } } datasets { nodes { id } } }'),
  );
  const create = 'mutation ($role: Role!) { createToken(input: { name: "fuzz", role: $role }) { ... on CreateTokenSuccess { secret } } }';
  const tokenOf = async (role: string) => `Bearer ${(await dataOf(graphql(create, { role }))).createToken.secret as string}`;
  return {
    ids: [...models.nodes, ...datasets.nodes].map(({ id }) => id),
    authorizations: { nobody: undefined, VIEWER: await tokenOf('VIEWER'), SUBMITTER: await tokenOf('SUBMITTER'), ADMIN: authorization },
  };
}
