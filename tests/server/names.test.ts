/** Names: kept in one form, and not to be taken for those of others. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { registerMnist } from './support/operations.js';

let app: TestApplication;
let ana: GraphQLClient;
let bob: GraphQLClient;
beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_WORKER: 'false' });
  [ana, bob] = [
    graphqlClient(app.graphqlUrl, await app.authorizationOf('ana', 'SUBMITTER')),
    graphqlClient(app.graphqlUrl, await app.authorizationOf('bob', 'SUBMITTER')),
  ];
});
afterAll(() => app?.close());

const SUBMIT = `mutation ($name: String!, $visibility: Visibility) {
  submitModel(input: { name: $name, visibility: $visibility, architecture: { name: "mlp" } }) {
    ... on SubmitModelSuccess { model { name } } ... on UserError { __typename message path }
  }
}`;
const submit = async (graphql: GraphQLClient, name: string, visibility = 'PRIVATE') =>
  (await dataOf(graphql(SUBMIT, { name, visibility }))).submitModel as { __typename?: string; message?: string; model?: { name: string } };

it('ways to write one name are one name', async () => {
  expect(await submit(ana, 'ﬁne ｍodel ①', 'PUBLIC')).toEqual({ model: { name: 'fine model 1' } });
  for (const name of ['fine model 1', 'ﬁne model 1']) {
    expect(await dataOf(ana('query ($name: String!) { model(name: $name) { name } }', { name }))).toEqual({
      model: { name: 'fine model 1' },
    });
    expect((await submit(bob, name)).__typename).toBe('NameTakenError');
  }
});

it.each([
  ['a Cyrillic letter', 'bаseline'],
  ['letters that look like one', 'baseIine'],
])('a name that looks like the public one of another by %s is refused', async (_what, name) => {
  const own = `${name.replace('а', 'a').replace('I', 'l')}`;
  if (name === 'bаseline') expect(await submit(ana, own, 'PUBLIC')).toEqual({ model: { name: 'baseline' } });
  expect(await submit(bob, name)).toMatchObject({
    __typename: 'NameTakenError',
    path: ['name'],
    message: expect.stringContaining('looks like') as string,
  });
});

it('names of what others cannot see, and those of oneself, do not count', async () => {
  expect(await submit(ana, 'hidden')).toHaveProperty('model');
  expect(await submit(bob, 'hiddеn')).toHaveProperty('model');
  expect(await submit(ana, 'mine 1', 'PUBLIC')).toHaveProperty('model');
  expect(await submit(ana, 'mine l', 'PUBLIC')).toHaveProperty('model');
});

it('tokens and data sets are told apart, too', async () => {
  const create =
    'mutation ($name: String!) { createToken(input: { name: $name, role: VIEWER }) { __typename ... on UserError { message } } }';
  const created = async (name: string) => (await dataOf(app.graphql(create, { name }))).createToken as { __typename: string };
  for (const name of ['аna', 'sеrver']) expect(await created(name)).toMatchObject({ __typename: 'ValidationError' });
  expect(await created('ana')).toEqual({ __typename: 'CreateTokenSuccess' });
  await registerMnist(app.graphql);
  const { id, name } = await app.runtime.database.prisma.dataset.findFirstOrThrow();
  await app.runtime.database.prisma.dataset.update({ where: { id }, data: { owner: 'ana' } });
  const register = 'mutation ($name: String!) { registerDataset(input: { name: $name, format: "mnist", split: TEST }) { __typename } }';
  expect((await dataOf(app.graphql(register, { name: name.replace('m', 'rn') }))).registerDataset.__typename).toBe('NameTakenError');
});

it('a private model whose name looks like a public one of another stays private', async () => {
  expect(await submit(bob, 'rоbust-net')).toHaveProperty('model');
  expect(await submit(ana, 'robust-net', 'PUBLIC')).toHaveProperty('model');
  const { id } = (await dataOf(bob('{ model(name: "rоbust-net") { id } }'))).model as { id: string };
  const show = 'mutation ($id: ID!) { updateModel(input: { modelId: $id, visibility: PUBLIC }) { __typename } }';
  expect((await dataOf(bob(show, { id }))).updateModel.__typename).toBe('NameTakenError');
});
