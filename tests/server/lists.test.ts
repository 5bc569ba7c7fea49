import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
let ids: { models: string[]; others: string };
beforeAll(async () => {
  app = await startTestApplication();
  const datasetId = await registerMnist(app.graphql);
  const models = [await submitArchitecture(app.graphql, 'first'), await submitArchitecture(app.graphql, 'second', undefined, 2, 'PUBLIC')];
  const { secret } = await app.services.tokens.create({ name: 'other', role: 'SUBMITTER' });
  const other = graphqlClient(app.graphqlUrl, `Bearer ${secret}`);
  const mine = await startEvaluation(app.graphql, {
    modelIds: models,
    datasetId,
    attacks: [{ fgsm: { epsilon: 0.1 } }],
    epsilons: [0.02, 0.1, 0.3],
    sampleCount: 40,
  });
  const theirs = await startEvaluation(other, {
    modelId: models[1],
    datasetId,
    attacks: [{ ddn: { steps: 5 } }],
    sampleCount: 40,
  });
  for (const jobId of [...mine.jobIds, ...theirs.jobIds]) await finished(app.graphql, jobId);
  ids = { models, others: theirs.evaluationIds[0]! };
});
afterAll(() => app?.close());

interface Listed {
  id: string;
  clean: { top1: { value: number } };
  adversarial: { top1: { value: number } };
  attack: { norm: string; epsilon: number | null };
  model: { visibility: string };
  findings: { code: string }[];
}

async function list(args: string): Promise<Listed[]> {
  const { evaluations } = await dataOf(
    app.graphql(
      `{ evaluations(${args}) { totalCount nodes {
        id clean { top1 { value } } adversarial { top1 { value } } attack { norm epsilon } model { visibility } findings { code }
      } } }`,
    ),
  );
  return evaluations.nodes;
}

describe('a list of evaluations', () => {
  it.each([
    ['ACCURACY', ({ adversarial }: Listed) => adversarial.top1.value],
    ['CLEAN_ACCURACY', ({ clean }: Listed) => clean.top1.value],
  ])('is ordered by %s, over pages too', async (field, valueOf) => {
    const all = await list(`first: 50, orderBy: { field: ${field}, direction: DESC }`);
    const values = all.map(valueOf);
    expect(new Set(values).size).toBeGreaterThan(1);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    const paged: string[] = [];
    for (let after = ''; ;) {
      const { evaluations } = await dataOf(
        app.graphql(
          `{ evaluations(first: 2 ${after && `after: "${after}"`}, orderBy: { field: ${field}, direction: DESC }) { pageInfo { hasNextPage endCursor } nodes { id } } }`,
        ),
      );
      paged.push(...evaluations.nodes.map(({ id }: Listed) => id));
      if (!evaluations.pageInfo.hasNextPage) break;
      after = evaluations.pageInfo.endCursor;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
  });

  it('refuses cursors that a client makes up, whatever type their value has', async () => {
    const row = '01a22d3a-795c-7765-84e5-8a17a8ea8707';
    for (const [order, ...cursors] of [
      ['', ['createdAt', 'foo', row], ['createdAt', 5, row], ['createdAt', { time: 9e15 }, row], ['createdAt', {}, row]],
      ['orderBy: { field: NAME }', ['name', 'a\0b', row], ['name', '\ud800', row], ['name', 5, row], ['name', 'a', '-'.repeat(36)]],
    ] as const) {
      for (const cursor of cursors) {
        const after = Buffer.from(JSON.stringify(cursor)).toString('base64url');
        const { errors } = await app.graphql(`query ($after: String) { models(after: $after, ${order}) { nodes { id } } }`, { after });
        expect(errors?.[0]).toMatchObject({
          message: expect.stringMatching(/^The cursor is not one of this list/) as unknown,
          extensions: { code: 'BAD_USER_INPUT' },
        });
      }
    }
  });

  it('is filtered by norm, by who started it, by visibility of the model, and by finding', async () => {
    const all = await list('first: 50');
    expect(all).toHaveLength(7);
    expect((await list('filter: { norms: [L2] }')).map(({ id }) => id)).toEqual([ids.others]);
    expect((await list('filter: { owners: ["other"] }')).map(({ id }) => id)).toEqual([ids.others]);
    expect(await list('filter: { owners: ["nobody"] }')).toEqual([]);
    const ofPublic = await list('filter: { visibilities: [PUBLIC] }');
    expect(ofPublic).toHaveLength(4);
    const codes = new Set(all.flatMap(({ findings }) => findings.map(({ code }) => code)));
    expect(codes.size).toBeGreaterThan(0);
    for (const code of codes) {
      const expected = all.filter(({ findings }) => findings.some((finding) => finding.code === code)).map(({ id }) => id);
      expect((await list(`first: 50, filter: { findings: ["${code}"] }`)).map(({ id }) => id)).toEqual(expected);
    }
    expect(await list('filter: { findings: ["NO_SUCH"] }')).toEqual([]);
    // Together with a lower bound of the budget, which is a choice of two conditions as well.
    const both = await list('first: 50, filter: { epsilonMin: 0.1, norms: [LINF], findings: ["TOO_FEW_EXAMPLES"] }');
    const expected = all.filter(
      ({ attack, findings }) =>
        attack.norm === 'LINF' && attack.epsilon! >= 0.1 && findings.some(({ code }) => code === 'TOO_FEW_EXAMPLES'),
    );
    expect(expected.length).toBeGreaterThan(0);
    expect(both).toEqual(expected);
  });
});

it('every code of a finding is one of findingKinds', async () => {
  const { findingKinds } = await dataOf(app.graphql('{ findingKinds { code description } }'));
  const known = findingKinds.map(({ code }: { code: string }) => code);
  for (const { findings } of await list('first: 50')) for (const { code } of findings) expect(known).toContain(code);
});

it('models are filtered by owner and visibility', async () => {
  const { yours, theirs } = await dataOf(
    app.graphql(`{
      yours: models(filter: { owners: ["admin"], visibilities: [PUBLIC] }) { nodes { name } }
      theirs: models(filter: { owners: ["other"] }) { totalCount }
    }`),
  );
  expect(yours.nodes).toEqual([{ name: 'second' }]);
  expect(theirs.totalCount).toBe(0);
});

describe('nodes(ids:)', () => {
  it('reads things of any type in the order of their ids, and null for what nothing has', async () => {
    const asked = [ids.models[1], 'nonsense', ids.others, ids.models[0]];
    const { nodes } = await dataOf(app.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', { ids: asked }));
    expect(nodes).toEqual([
      { __typename: 'Model', id: ids.models[1] },
      null,
      { __typename: 'Evaluation', id: ids.others },
      { __typename: 'Model', id: ids.models[0] },
    ]);
  });

  it('has null in the place of what the viewer does not see', async () => {
    const stranger = graphqlClient(app.graphqlUrl, await app.authorizationOf('stranger', 'VIEWER'));
    const { nodes } = await dataOf(stranger('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ids.models }));
    expect(nodes).toEqual([null, { id: ids.models[1] }]);
  });

  it('refuses more than a page', async () => {
    const { errors } = await app.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(101).fill(ids.others) });
    expect(errors?.[0]).toMatchObject({ message: 'Ask for 100 ids at most, not 101.', extensions: { code: 'BAD_USER_INPUT' } });
  });
});
