import type { GraphQLSchema } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSchema } from '../../src/resolvers/index.js';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { operations } from '../../src/services/access/access.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { CALLERS, credentials, outcomeOf, transports, type Caller, type Outcome } from './support/callers.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { openUpload } from './support/upload.js';

/** What each caller gets. */
type Expectation = Readonly<Record<Caller, Outcome>>;

const expectation = (viewer: [Outcome, Outcome], submitter: [Outcome, Outcome]): Expectation => ({
  nobody: 'UNAUTHENTICATED',
  'owner as VIEWER': viewer[0],
  'other as VIEWER': viewer[1],
  'owner as SUBMITTER': submitter[0],
  'other as SUBMITTER': submitter[1],
  ADMIN: 'ALLOWED',
});

const everyone = expectation(['ALLOWED', 'ALLOWED'], ['ALLOWED', 'ALLOWED']);
const itsOwner = expectation(['ALLOWED', 'NOT FOUND'], ['ALLOWED', 'NOT FOUND']);
const submitters = expectation(['FORBIDDEN', 'FORBIDDEN'], ['ALLOWED', 'ALLOWED']);
const submittersOfTheirs = expectation(['FORBIDDEN', 'FORBIDDEN'], ['ALLOWED', 'NOT FOUND']);
const admins = expectation(['FORBIDDEN', 'FORBIDDEN'], ['FORBIDDEN', 'FORBIDDEN']);
/** What everyone sees and its owner may change. */
const ownerOfPublic = expectation(['FORBIDDEN', 'FORBIDDEN'], ['ALLOWED', 'FORBIDDEN']);

/** Rows of `owner`, all derived from one private model, unless their name says otherwise. */
interface Fixture {
  readonly modelId: string;
  readonly publicModelId: string;
  readonly evaluationId: string;
  readonly jobId: string;
  readonly publicJobId: string;
  readonly datasetId: string;
  readonly destructionId: string;
  readonly certificationId: string;
  readonly trainingRunId: string;
  readonly studyId: string;
  readonly transferId: string;
  readonly uploadId: string;
  readonly artifactId: string;
  readonly imagesId: string;
  readonly publicArtifactId: string;
}

const DARKER = [{ brightness: -0.1 }];
const SMOOTHING = { sigma: 0.1, estimationSamples: 10, sampleCount: 1 };

let app: TestApplication;
let schema: GraphQLSchema;
let fixture: Fixture;
let authorizations: Record<Caller, string>;

beforeAll(async () => {
  app = await startTestApplication();
  schema = await createSchema();
  authorizations = await credentials(app);
  const authorization = authorizations['owner as SUBMITTER'];
  const graphql = graphqlClient(app.graphqlUrl, authorization);
  const datasetId = await registerMnist(app.graphql);
  const request = { datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 4, keepImages: true };
  const modelId = await submitArchitecture(graphql, 'private');
  const publicModelId = await submitArchitecture(graphql, 'public', undefined, 2, 'PUBLIC');
  const { evaluationIds, jobIds } = await startEvaluation(graphql, { ...request, modelId });
  const { jobIds: publicJobIds } = await startEvaluation(graphql, { ...request, modelId: publicModelId });
  for (const jobId of [...jobIds, ...publicJobIds]) await finished(graphql, jobId);
  const query = `query ($id: ID!) { evaluation(id: $id) { model { downloadUrl } examples(first: 1) { nodes { adversarialImageUrl } } } }`;
  const { evaluation } = await dataOf(graphql(query, { id: evaluationIds[0] }));
  const destroy = `mutation ($input: StartDestructionInput!) { startDestruction(input: $input) {
    ... on StartDestructionSuccess { destruction { id } job { id } } } }`;
  const { startDestruction } = await dataOf(graphql(destroy, { input: { evaluationId: evaluationIds[0], transformations: DARKER } }));
  await finished(graphql, startDestruction.job.id);
  const certify = `mutation ($input: StartCertificationInput!) { startCertification(input: $input) {
    ... on StartCertificationSuccess { certification { id } job { id } } } }`;
  const { startCertification } = await dataOf(graphql(certify, { input: { modelId, datasetId, ...SMOOTHING } }));
  await finished(graphql, startCertification.job.id);
  const { model, examples } = evaluation;
  const publicModel = await app.runtime.database.prisma.model.findFirstOrThrow({ where: { name: 'public' } });
  fixture = {
    modelId,
    publicModelId,
    evaluationId: evaluationIds[0]!,
    jobId: jobIds[0]!,
    publicJobId: publicJobIds[0]!,
    datasetId,
    destructionId: startDestruction.destruction.id,
    certificationId: startCertification.certification.id,
    trainingRunId: await trainingRunOf(modelId, datasetId),
    studyId: await studyOf(datasetId),
    transferId: await transferOf(graphql, modelId, datasetId),
    uploadId: await openUpload({ url: app.url, authorization }),
    artifactId: model.downloadUrl.split('/')[2],
    publicArtifactId: publicModel.artifactId!,
    imagesId: examples.nodes[0].adversarialImageUrl.split('/')[2],
  };
});
afterAll(() => app?.close());

/** A run with one point of its series. */
async function trainingRunOf(modelId: string, datasetId: string): Promise<string> {
  const { prisma } = app.runtime.database;
  const job = await prisma.job.create({ data: { owner: 'owner', kind: 'training', state: 'CANCELLED', total: 1, unit: 'steps' } });
  const ids = { modelId: rowId(modelId, 'Model')!, datasetId: rowId(datasetId, 'Dataset')!, jobId: job.id };
  const run = await prisma.trainingRun.create({
    data: { ...ids, validationDatasetId: ids.datasetId, plan: {}, interval: 1, checkpointsKept: 1 },
  });
  const measured = { loss: 0, trainingAccuracy: 0, cleanAccuracy: 0, oneStepAccuracy: 0, iterativeAccuracy: 0, seconds: 0 };
  await prisma.trainingPoint.create({ data: { trainingRunId: run.id, step: 1, ...measured } });
  return encodeGlobalId('TrainingRun', run.id);
}

/** The FGSM images of the model, evaluated on the model itself. */
const toItself = (modelId: string, datasetId: string) => ({
  input: { sourceIds: [modelId], targetIds: [modelId], datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 4 },
});

async function transferOf(graphql: GraphQLClient, modelId: string, datasetId: string): Promise<string> {
  const transfer = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) {
    ... on StartTransferSuccess { transfer { id } job { id } } } }`;
  const { startTransfer } = await dataOf(graphql(transfer, toItself(modelId, datasetId)));
  await finished(graphql, startTransfer.job.id);
  return startTransfer.transfer.id;
}

/** With an empty report. */
async function studyOf(datasetId: string): Promise<string> {
  const { prisma } = app.runtime.database;
  const job = await prisma.job.create({ data: { owner: 'owner', kind: 'study', state: 'SUCCEEDED', total: 1, unit: 'tasks' } });
  const dataset = rowId(datasetId, 'Dataset')!;
  const ids = { trainingDatasetId: dataset, testDatasetId: dataset, jobId: job.id };
  const report = { tables: [], plots: [], verdicts: [] };
  const study = await prisma.study.create({ data: { ...ids, owner: 'owner', recipe: 'F1', version: 1, settings: {}, report } });
  return encodeGlobalId('Study', study.id);
}

/** Those that nobody was allowed to delete. */
afterEach(() => app.runtime.database.prisma.model.deleteMany({ where: { name: { startsWith: 'doomed' } } }));

interface Case {
  readonly query: string;
  readonly variables?: () => Record<string, unknown> | Promise<Record<string, unknown>>;
  readonly expected: Expectation;
}

/** A new model of `owner`, to be deleted. */
async function doomedModel(visibility: 'PRIVATE' | 'PUBLIC'): Promise<string> {
  const data = { name: `doomed ${crypto.randomUUID()}`, owner: 'owner', visibility, spec: {}, format: 'LAYERS_MODEL' } as const;
  const card = { status: 'READY', output: 'LOGITS', fingerprint: '', parameterCount: 0, operations: {} } as const;
  const model = await app.runtime.database.prisma.model.create({ data: { ...data, ...card, artifactId: fixture.publicArtifactId } });
  return encodeGlobalId('Model', model.id);
}

const mutation = (name: string, input: string) =>
  `mutation ($input: ${input}!) { ${name}(input: $input) { __typename ... on UserError { message } } }`;

/** An input that is refused for itself shows that the caller may. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  'Query.accuracyVersusRobustness': [
    {
      query: 'query ($input: LeaderboardInput!) { accuracyVersusRobustness(input: $input) { pearson { n } } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, norm: 'LINF', epsilon: 0.1 } }),
      expected: everyone,
    },
  ],
  'Query.architectures': [{ query: '{ architectures { name } }', expected: everyone }],
  'Query.attackKinds': [{ query: '{ attackKinds { name } }', expected: everyone }],
  'Query.certification': [
    { query: 'query ($id: ID!) { certification(id: $id) { id } }', variables: () => ({ id: fixture.certificationId }), expected: itsOwner },
  ],
  'Query.certifications': [{ query: '{ certifications { totalCount nodes { id } } }', expected: itsOwner }],
  'Query.capacityCurve': [
    {
      query: 'query ($input: CapacityCurveInput!) { capacityCurve(input: $input) { offset } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, attackKind: 'FGSM', epsilon: 0.1 } }),
      expected: everyone,
    },
  ],
  'Query.compareModels': [
    {
      query: 'query ($input: CompareModelsInput!) { compareModels(input: $input) { offset } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, modelIds: [fixture.modelId, fixture.publicModelId] } }),
      expected: itsOwner,
    },
  ],
  'Query.dataset': [
    { query: 'query ($id: ID!) { dataset(id: $id) { id } }', variables: () => ({ id: fixture.datasetId }), expected: everyone },
  ],
  'Query.datasets': [{ query: '{ datasets { totalCount nodes { id } } }', expected: everyone }],
  'Query.destruction': [
    { query: 'query ($id: ID!) { destruction(id: $id) { id } }', variables: () => ({ id: fixture.destructionId }), expected: itsOwner },
  ],
  'Query.evaluation': [
    { query: 'query ($id: ID!) { evaluation(id: $id) { id } }', variables: () => ({ id: fixture.evaluationId }), expected: itsOwner },
  ],
  'Query.evaluations': [
    {
      query: 'query ($id: ID!) { evaluations(filter: { modelIds: [$id] }) { totalCount nodes { id } } }',
      variables: () => ({ id: fixture.modelId }),
      expected: itsOwner,
    },
  ],
  'Query.job': [{ query: 'query ($id: ID!) { job(id: $id) { id } }', variables: () => ({ id: fixture.jobId }), expected: itsOwner }],
  'Query.jobs': [{ query: '{ jobs { totalCount nodes { id } } }', expected: everyone }],
  'Query.labelLeaking': [
    {
      query: 'query ($input: LabelLeakingInput!) { labelLeaking(input: $input) { totalCount } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, modelIds: [fixture.modelId] } }),
      expected: itsOwner,
    },
  ],
  'Query.leaderboard': [
    {
      query: 'query ($input: LeaderboardInput!) { leaderboard(input: $input) { entries { totalCount } } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, norm: 'LINF', epsilon: 0.1 } }),
      expected: everyone,
    },
  ],
  'Query.model': [
    { query: 'query ($id: ID!) { model(id: $id) { id } }', variables: () => ({ id: fixture.modelId }), expected: itsOwner },
    { query: '{ model(name: "private") { id } }', expected: itsOwner },
    { query: '{ model(name: "public") { id } }', expected: everyone },
  ],
  'Query.models': [{ query: '{ models(filter: { nameContains: "private" }) { totalCount nodes { id } } }', expected: itsOwner }],
  'Query.node': ['modelId', 'evaluationId', 'jobId', 'destructionId', 'certificationId', 'studyId', 'trainingRunId', 'transferId'].map(
    (key) => ({
      query: 'query ($id: ID!) { node(id: $id) { id } }',
      variables: () => ({ id: fixture[key as keyof Fixture] }),
      expected: itsOwner,
    }),
  ),
  'Query.quota': [{ query: '{ quota { jobs { used } } }', expected: everyone }],
  'Query.results': [{ query: '{ results { evaluationCount } }', expected: everyone }],
  'Query.robustnessCurve': [
    {
      query: 'query ($input: RobustnessCurveInput!) { robustnessCurve(input: $input) { attackKind } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, modelIds: [fixture.modelId], attackKind: 'FGSM' } }),
      expected: itsOwner,
    },
  ],
  'Query.optimizers': [{ query: '{ optimizers { name } }', expected: everyone }],
  'Query.schedules': [{ query: '{ schedules { name } }', expected: everyone }],
  'Query.studies': [{ query: '{ studies { totalCount nodes { id } } }', expected: itsOwner }],
  'Query.study': [{ query: 'query ($id: ID!) { study(id: $id) { id } }', variables: () => ({ id: fixture.studyId }), expected: itsOwner }],
  'Query.studyRecipes': [{ query: '{ studyRecipes { name } }', expected: everyone }],
  'Query.tokens': [{ query: '{ tokens { totalCount } }', expected: admins }],
  'Query.trainingRun': [
    { query: 'query ($id: ID!) { trainingRun(id: $id) { id } }', variables: () => ({ id: fixture.trainingRunId }), expected: itsOwner },
  ],
  'Query.trainingRuns': [{ query: '{ trainingRuns { totalCount nodes { id } } }', expected: itsOwner }],
  'Query.trainingSchemes': [{ query: '{ trainingSchemes { name } }', expected: everyone }],
  'Query.transfer': [
    { query: 'query ($id: ID!) { transfer(id: $id) { id } }', variables: () => ({ id: fixture.transferId }), expected: itsOwner },
  ],
  'Query.transferMatrix': [
    {
      query: 'query ($input: TransferMatrixInput!) { transferMatrix(input: $input) { cells { n } } }',
      variables: () => ({ input: { datasetId: fixture.datasetId } }),
      expected: everyone,
    },
  ],
  'Query.transfers': [{ query: '{ transfers { totalCount nodes { id } } }', expected: itsOwner }],
  'Query.viewer': [{ query: '{ viewer { name role } }', expected: everyone }],
  'Query.worstCase': [
    {
      query: 'query ($input: WorstCaseInput!) { worstCase(input: $input) { offset } }',
      variables: () => ({ input: { modelId: fixture.modelId, datasetId: fixture.datasetId } }),
      expected: itsOwner,
    },
  ],
  'Query.workers': [{ query: '{ workers { id } }', expected: everyone }],
  'Mutation.cancelJob': [
    {
      query: mutation('cancelJob', 'CancelJobInput'),
      variables: () => ({ input: { jobId: fixture.jobId } }),
      expected: submittersOfTheirs,
    },
    {
      query: mutation('cancelJob', 'CancelJobInput'),
      variables: () => ({ input: { jobId: fixture.publicJobId } }),
      expected: ownerOfPublic,
    },
  ],
  'Mutation.raiseJob': [
    { query: mutation('raiseJob', 'RaiseJobInput'), variables: () => ({ input: { jobId: fixture.jobId } }), expected: admins },
  ],
  'Mutation.createToken': [
    {
      query: mutation('createToken', 'CreateTokenInput'),
      variables: () => ({ input: { name: 'x', role: 'ADMIN', expiresAt: new Date(0) } }),
      expected: admins,
    },
  ],
  'Mutation.deleteModel': [
    {
      query: mutation('deleteModel', 'DeleteModelInput'),
      variables: async () => ({ input: { modelId: await doomedModel('PRIVATE') } }),
      expected: submittersOfTheirs,
    },
    {
      query: mutation('deleteModel', 'DeleteModelInput'),
      variables: async () => ({ input: { modelId: await doomedModel('PUBLIC') } }),
      expected: ownerOfPublic,
    },
  ],
  'Mutation.registerDataset': [
    {
      query: mutation('registerDataset', 'RegisterDatasetInput'),
      variables: () => ({ input: { name: 'x', format: 'none' } }),
      expected: admins,
    },
  ],
  'Mutation.revokeToken': [
    {
      query: mutation('revokeToken', 'RevokeTokenInput'),
      variables: async () => {
        const { token } = await app.services.tokens.create({ name: 'x', role: 'VIEWER' });
        return { input: { tokenId: encodeGlobalId('Token', token.id) } };
      },
      expected: admins,
    },
  ],
  'Mutation.startCertification': [
    {
      query: mutation('startCertification', 'StartCertificationInput'),
      variables: () => ({ input: { modelId: fixture.modelId, datasetId: fixture.datasetId, ...SMOOTHING } }),
      expected: submittersOfTheirs,
    },
  ],
  'Mutation.importImages': [
    {
      query: mutation('importImages', 'ImportImagesInput'),
      variables: () => ({ input: { modelIds: [fixture.modelId], datasetId: fixture.datasetId, uploadId: fixture.uploadId } }),
      expected: submittersOfTheirs,
    },
  ],
  'Mutation.startDestruction': [
    {
      query: mutation('startDestruction', 'StartDestructionInput'),
      variables: () => ({ input: { evaluationId: fixture.evaluationId, transformations: DARKER } }),
      expected: submittersOfTheirs,
    },
  ],
  'Mutation.startEvaluation': [
    {
      query: mutation('startEvaluation', 'StartEvaluationInput'),
      variables: () => ({
        input: {
          modelId: fixture.modelId,
          datasetId: fixture.datasetId,
          attacks: [{ fgsm: { epsilon: 0.1 } }],
          sampleCount: 4,
          keepImages: true,
        },
      }),
      expected: submittersOfTheirs,
    },
  ],
  'Mutation.startStudy': [
    {
      query: mutation('startStudy', 'StartStudyInput'),
      variables: () => ({ input: { recipe: 'F9', scale: 'mnist-mini' } }),
      expected: submitters,
    },
  ],
  'Mutation.startTraining': [
    {
      query: mutation('startTraining', 'StartTrainingInput'),
      variables: () => ({
        input: {
          name: 'trained',
          modelId: fixture.modelId,
          datasetId: fixture.datasetId,
          scheme: { standard: true },
          optimizer: { adam: {} },
          schedule: { constant: {} },
          steps: 0,
        },
      }),
      expected: submittersOfTheirs,
    },
  ],
  'Mutation.startTransfer': [
    {
      query: mutation('startTransfer', 'StartTransferInput'),
      variables: () => toItself(fixture.modelId, fixture.datasetId),
      expected: submittersOfTheirs,
    },
  ],
  'Mutation.submitModel': [
    { query: mutation('submitModel', 'SubmitModelInput'), variables: () => ({ input: { name: 'x' } }), expected: submitters },
    {
      query: mutation('submitModel', 'SubmitModelInput'),
      variables: () => ({ input: { name: 'x', uploadId: fixture.uploadId } }),
      expected: submittersOfTheirs,
    },
  ],
  'Subscription.jobProgress': [
    { query: 'subscription ($id: ID!) { jobProgress(jobId: $id) { id } }', variables: () => ({ id: fixture.jobId }), expected: itsOwner },
  ],
  'Subscription.trainingProgress': [
    {
      query: 'subscription ($id: ID!) { trainingProgress(trainingRunId: $id) { step } }',
      variables: () => ({ id: fixture.trainingRunId }),
      expected: itsOwner,
    },
  ],
};

const routes: Readonly<Record<string, { path: () => string; body?: string; expected: Expectation }>> = {
  'GET /artifacts/:id': { path: () => `/artifacts/${fixture.artifactId}`, expected: itsOwner },
  'GET /artifacts/:id/images/:index.png': { path: () => `/artifacts/${fixture.imagesId}/images/0.png`, expected: itsOwner },
  'GET /datasets/:id/images/:index.png': {
    path: () => `/datasets/${rowId(fixture.datasetId, 'Dataset')}/images/0.png`,
    expected: everyone,
  },
  'GET /evaluations.:format': { path: () => '/evaluations.csv', expected: everyone },
  'GET /evaluations/:id/examples.:format': { path: () => `/evaluations/${fixture.evaluationId}/examples.csv`, expected: itsOwner },
  'GET /metrics': { path: () => '/metrics', expected: everyone },
  'GET /models/:id/onnx': { path: () => `/models/${rowId(fixture.modelId, 'Model')}/onnx`, expected: itsOwner },
  // Whoever may is told that no AutoAttack has run.
  'GET /models/:id/robustbench.json': {
    path: () => `/models/${fixture.modelId}/robustbench.json?datasetId=${fixture.datasetId}&norm=LINF&epsilon=0.1`,
    expected: { ...expectation(['NOT FOUND', 'NOT FOUND'], ['NOT FOUND', 'NOT FOUND']), ADMIN: 'NOT FOUND' },
  },
  'GET /studies/:id.:format': { path: () => `/studies/${rowId(fixture.studyId, 'Study')}.html`, expected: itsOwner },
  'GET /uploads/:id': { path: () => `/uploads/${fixture.uploadId}`, expected: submittersOfTheirs },
  'POST /uploads': { path: () => '/uploads', expected: submitters },
  'PUT /uploads/:id': { path: () => `/uploads/${fixture.uploadId}`, body: '', expected: submittersOfTheirs },
};

/** Every operation of the schema. */
function schemaOperations(): string[] {
  const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
  return roots.flatMap((root) => Object.keys(root.getFields()).map((field) => `${root.name}.${field}`));
}

async function forEachCaller(outcome: (authorization: string) => Promise<Outcome>): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  for (const caller of CALLERS) outcomes[caller] = await outcome(authorizations[caller]);
  return outcomes;
}

describe('the table of operations', () => {
  it('lists every operation of the schema, and each has cases here', () => {
    expect([...operations].sort()).toEqual([...schemaOperations(), ...Object.keys(routes)].sort());
    expect(Object.keys(cases).sort()).toEqual(schemaOperations().sort());
  });
});

describe.each(Object.keys(transports))('over %s', (transport) => {
  // Subscriptions come over WebSocket alone.
  const names = Object.keys(cases).filter((name) => transport === 'WebSocket' || !name.startsWith('Subscription'));

  it.each(names)('%s', async (operation) => {
    for (const { query, variables, expected } of cases[operation]!) {
      const outcomes = await forEachCaller(async (authorization) =>
        outcomeOf(await transports[transport]!(app, authorization)(query, (await variables?.()) ?? {})),
      );
      expect(outcomes, query).toEqual(expected);
    }
  });
});

const OF_STATUS: Readonly<Record<number, Outcome>> = { 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN', 404: 'NOT FOUND' };

describe('over plain HTTP', () => {
  it.each(Object.keys(routes))('%s', async (operation) => {
    const { path, body, expected } = routes[operation]!;
    const outcomes = await forEachCaller(async (authorization) => {
      const response = await fetch(app.url + path(), {
        method: operation.split(' ')[0]!,
        body,
        headers: authorization ? { authorization } : {},
      });
      await response.arrayBuffer();
      return OF_STATUS[response.status] ?? 'ALLOWED';
    });
    expect(outcomes).toEqual(expected);
  });
});

describe('a private model', () => {
  it('appears nowhere for others: not in totals, names or other jobs', async () => {
    const other = graphqlClient(app.graphqlUrl, authorizations['other as SUBMITTER']);
    const seen = await dataOf(
      other(`{ models { totalCount nodes { name } } evaluations { totalCount nodes { model { name } job { model { id } } } }
        jobs { totalCount nodes { kind evaluation { model { name } } model { name } } } }`),
    );
    expect(seen).toEqual({
      models: { totalCount: 1, nodes: [{ name: 'public' }] },
      evaluations: { totalCount: 1, nodes: [{ model: { name: 'public' }, job: { model: null } }] },
      jobs: {
        totalCount: 2,
        nodes: [
          { kind: 'evaluation', evaluation: { model: { name: 'public' } }, model: null },
          { kind: 'validation', evaluation: null, model: { name: 'public' } },
        ],
      },
    });
    // Its name is free for others, and its evaluations are not given to whoever has the same weights.
    const sameModel = await submitArchitecture(other, 'private');
    const attacks = [{ fgsm: { epsilon: 0.1 } }];
    const request = { modelId: sameModel, datasetId: fixture.datasetId, attacks, sampleCount: 4, keepImages: true };
    const { evaluationIds, jobIds } = await startEvaluation(other, request);
    expect(evaluationIds).not.toEqual([fixture.evaluationId]);
    await finished(other, jobIds[0]!);
  });
});
