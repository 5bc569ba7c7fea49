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
  await app.runtime.database.prisma.model.update({ where: { id: rowId(modelId, 'Model') }, data: { card: { paper: 'x' } } });
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
afterEach(async () => {
  const { prisma } = app.runtime.database;
  await prisma.model.deleteMany({ where: { name: { startsWith: 'doomed' } } });
  await prisma.job.deleteMany({ where: { unit: 'doomed' } });
});

interface Case {
  readonly query: string;
  readonly variables?: () => Record<string, unknown> | Promise<Record<string, unknown>>;
  readonly expected: Expectation;
  /** Done again and again while the answer is waited for: what a subscription tells of. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** A new benchmark, closed, so that nothing comes of entering a model. */
async function benchmark(): Promise<string> {
  const range = { offset: 0, sampleCount: 1, seed: 0, predictions: 1, judging: 'STORED', heldOut: false, closesAt: new Date(0) } as const;
  const threat = { norm: 'LINF', epsilon: 0.1, attacks: [{ kind: 'FGSM', parameters: { epsilon: 0.1 } }] } as const;
  const named = { name: crypto.randomUUID(), version: 1, title: 'x', rules: 'x', owner: 'server', visibility: 'PUBLIC' } as const;
  const datasetId = rowId(fixture.datasetId, 'Dataset')!;
  const { id } = await app.runtime.database.prisma.benchmark.create({
    data: { ...range, ...threat, ...named, attacks: [...threat.attacks], datasetId },
  });
  return encodeGlobalId('Benchmark', id);
}

/** What a subscription to changes tells of: a step of a job that everyone sees. */
const touchPublicJob = async () => {
  // Awaited: before that, Prisma sends nothing.
  await app.runtime.database.prisma.job.update({ where: { id: rowId(fixture.publicJobId, 'Job')! }, data: { updatedAt: new Date() } });
};

/** A new model of `owner`, to be deleted. */
async function doomedModel(visibility: 'PRIVATE' | 'PUBLIC'): Promise<string> {
  const data = { name: `doomed ${crypto.randomUUID()}`, owner: 'owner', visibility, spec: {}, format: 'LAYERS_MODEL' } as const;
  const card = { status: 'READY', output: 'LOGITS', fingerprint: '', parameterCount: 0, operations: {} } as const;
  const model = await app.runtime.database.prisma.model.create({ data: { ...data, ...card, artifactId: fixture.publicArtifactId } });
  return encodeGlobalId('Model', model.id);
}

const mutation = (name: string, input: string) =>
  `mutation ($input: ${input}!) { ${name}(input: $input) { __typename ... on UserError { message } } }`;

/** Of something of a private model of `owner`'s. */
const deletionOf = (type: string, make: () => Promise<string>): readonly Case[] => [
  {
    query: mutation(`delete${type}`, `Delete${type}Input`),
    variables: async () => ({ input: { [`${type[0]!.toLowerCase()}${type.slice(1)}Id`]: await make() } }),
    expected: submittersOfTheirs,
  },
];

const doomedJob = (kind: string) =>
  app.runtime.database.prisma.job.create({ data: { owner: 'owner', kind, state: 'SUCCEEDED', total: 1, unit: 'doomed' } });

async function evaluationRow() {
  const { prisma } = app.runtime.database;
  const modelId = rowId(await doomedModel('PRIVATE'), 'Model')!;
  const range = { datasetId: rowId(fixture.datasetId, 'Dataset')!, offset: 0, sampleCount: 1, seed: 0 };
  const { id: jobId } = await doomedJob('evaluation');
  const attack = { attackKind: 'FGSM', parameters: {}, norm: 'LINF', keepImages: false, requestHash: '' } as const;
  return prisma.evaluation.create({ data: { modelId, jobId, ...range, ...attack } });
}

const doomedEvaluation = async () => encodeGlobalId('Evaluation', (await evaluationRow()).id);

async function doomedDestruction(): Promise<string> {
  const { id: evaluationId } = await evaluationRow();
  const { id: jobId } = await doomedJob('destruction');
  const row = await app.runtime.database.prisma.destruction.create({ data: { evaluationId, jobId, transformations: [], seed: 0 } });
  return encodeGlobalId('Destruction', row.id);
}

async function doomedCertification(): Promise<string> {
  const modelId = rowId(await doomedModel('PRIVATE'), 'Model')!;
  const { id: jobId } = await doomedJob('certification');
  const smoothing = { sigma: 1, selectionSamples: 1, estimationSamples: 1, alpha: 0.1 };
  const range = { datasetId: rowId(fixture.datasetId, 'Dataset')!, offset: 0, sampleCount: 1, seed: 0 };
  const row = await app.runtime.database.prisma.certification.create({ data: { modelId, jobId, ...smoothing, ...range } });
  return encodeGlobalId('Certification', row.id);
}

async function doomedWebhook(): Promise<string> {
  const data = { owner: 'owner', url: 'https://example.org', events: ['job.finished'], sealed: new Uint8Array() };
  return encodeGlobalId('Webhook', (await app.runtime.database.prisma.webhook.create({ data })).id);
}

async function savedView(): Promise<string> {
  const data = { owner: 'owner', name: crypto.randomUUID(), path: '/models' };
  return encodeGlobalId('SavedView', (await app.runtime.database.prisma.savedView.create({ data })).id);
}

const doomedTrainingRun = async () => trainingRunOf(await doomedModel('PRIVATE'), fixture.datasetId);

async function doomedTransfer(): Promise<string> {
  const { id, modelId, datasetId } = await evaluationRow();
  const { id: jobId } = await doomedJob('transfer');
  const related = { evaluations: { connect: { id } }, targets: { connect: { id: modelId } } };
  const row = await app.runtime.database.prisma.transfer.create({
    data: { datasetId, offset: 0, sampleCount: 1, seed: 0, jobId, ...related },
  });
  return encodeGlobalId('Transfer', row.id);
}

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
  'Query.auditLog': [{ query: '{ auditLog { totalCount } }', expected: admins }],
  'Query.classifierKinds': [{ query: '{ classifierKinds { name } }', expected: everyone }],
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
  'Query.corruptionSummary': [
    {
      query: 'query ($input: CorruptionSummaryInput!) { corruptionSummary(input: $input) { offset } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, modelIds: [fixture.modelId] } }),
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
  'Query.inspectDataset': [
    {
      query: 'query ($input: InspectDatasetInput!) { inspectDataset(input: $input) { exampleCount } }',
      variables: () => ({ input: { uploadId: fixture.uploadId } }),
      expected: submittersOfTheirs,
    },
  ],
  'Query.inspectModel': [
    {
      query: 'query ($input: InspectModelInput!) { inspectModel(input: $input) { access } }',
      variables: () => ({ input: { uploadId: fixture.uploadId } }),
      expected: submittersOfTheirs,
    },
  ],
  'Query.evaluationCost': [
    {
      query: 'query ($input: StartEvaluationInput!) { evaluationCost(input: $input) { evaluationCount } }',
      variables: () => ({ input: { modelId: fixture.modelId, datasetId: fixture.datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }] } }),
      expected: submittersOfTheirs,
    },
  ],
  'Query.exampleFates': [
    {
      query: 'query ($id: ID!) { exampleFates(datasetId: $id, index: 0) { evaluationCount } }',
      variables: () => ({ id: fixture.datasetId }),
      expected: everyone,
    },
  ],
  'Query.findingKinds': [{ query: '{ findingKinds { code } }', expected: everyone }],
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
  'Query.nodes': [
    {
      query: 'query ($id: ID!) { nodes(ids: [$id]) { id } }',
      variables: () => ({ id: fixture.modelId }),
      // Those who do not see it get null in its place: lists.test.ts.
      expected: itsOwner,
    },
  ],
  'Query.quota': [{ query: '{ quota { jobs { used } } }', expected: everyone }],
  'Query.leaderboardChanges': [{ query: '{ leaderboardChanges { after { value } } }', expected: everyone }],
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
  'Query.savedViews': [{ query: '{ savedViews { id } }', expected: everyone }],
  'Query.search': [{ query: '{ search(text: "public") { node { id } } }', expected: everyone }],
  'Query.signedUrls': [{ query: '{ signedUrls(urls: ["/datasets/x/images/0.png"]) { url } }', expected: everyone }],
  'Query.storageUse': [{ query: '{ storageUse { owner bytes } }', expected: everyone }],
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
  // Those of the one who asks.
  'Query.webhooks': [{ query: '{ webhooks { pageInfo { hasNextPage } } }', expected: submitters }],
  'Query.workers': [{ query: '{ workers { id } }', expected: everyone }],
  'Query.benchmark': [
    { query: 'query ($id: ID!) { benchmark(id: $id) { id } }', variables: async () => ({ id: await benchmark() }), expected: everyone },
  ],
  'Query.benchmarks': [{ query: '{ benchmarks { totalCount } }', expected: everyone }],
  'Mutation.createBenchmark': [
    {
      query: mutation('createBenchmark', 'CreateBenchmarkInput'),
      variables: () => ({
        input: { name: 'x', title: 'x', rules: 'x', datasetId: fixture.datasetId, norm: 'LINF', epsilon: 0.1, attacks: [] },
      }),
      expected: admins,
    },
  ],
  'Mutation.enterAgain': [
    {
      query: mutation('enterAgain', 'EnterAgainInput'),
      variables: async () => ({ input: { benchmarkId: await benchmark() } }),
      expected: admins,
    },
  ],
  'Mutation.enterShipped': [
    {
      query: mutation('enterShipped', 'EnterShippedInput'),
      // Closed: nothing is entered.
      variables: async () => ({ input: { benchmarkId: await benchmark() } }),
      expected: admins,
    },
  ],
  'Mutation.importRobustBench': [
    {
      query: mutation('importRobustBench', 'ImportRobustBenchInput'),
      variables: async () => ({ input: { benchmarkId: await benchmark(), entries: [] } }),
      expected: admins,
    },
  ],
  'Mutation.enterBenchmark': [
    {
      query: mutation('enterBenchmark', 'EnterBenchmarkInput'),
      variables: async () => ({ input: { benchmarkId: await benchmark(), modelId: fixture.publicModelId } }),
      expected: ownerOfPublic,
    },
    {
      query: mutation('enterBenchmark', 'EnterBenchmarkInput'),
      variables: async () => ({ input: { benchmarkId: await benchmark(), modelId: fixture.modelId } }),
      expected: submittersOfTheirs,
    },
  ],
  'Mutation.updateModel': [
    {
      query: mutation('updateModel', 'UpdateModelInput'),
      variables: () => ({ input: { modelId: fixture.publicModelId, description: 'x' } }),
      expected: ownerOfPublic,
    },
    {
      query: mutation('updateModel', 'UpdateModelInput'),
      variables: () => ({ input: { modelId: fixture.modelId, description: 'x' } }),
      expected: submittersOfTheirs,
    },
  ],
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
  'Mutation.annotate': [
    {
      query: mutation('annotate', 'AnnotateInput'),
      variables: () => ({ input: { id: fixture.modelId, tags: ['mine'] } }),
      expected: submittersOfTheirs,
    },
    {
      query: mutation('annotate', 'AnnotateInput'),
      variables: () => ({ input: { id: fixture.studyId, note: 'x' } }),
      expected: submittersOfTheirs,
    },
    {
      query: mutation('annotate', 'AnnotateInput'),
      variables: () => ({ input: { id: fixture.evaluationId, tags: [] } }),
      expected: submittersOfTheirs,
    },
    {
      query: mutation('annotate', 'AnnotateInput'),
      variables: () => ({ input: { id: fixture.publicModelId, tags: ['mine'] } }),
      expected: ownerOfPublic,
    },
    {
      query: mutation('annotate', 'AnnotateInput'),
      variables: () => ({ input: { id: fixture.datasetId, tags: ['ours'] } }),
      expected: admins,
    },
  ],
  // Links of one's own: anyone with a token.
  'Mutation.saveView': [
    { query: mutation('saveView', 'SaveViewInput'), variables: () => ({ input: { name: 'x', path: '/models' } }), expected: everyone },
  ],
  'Mutation.deleteSavedView': [
    {
      query: mutation('deleteSavedView', 'DeleteSavedViewInput'),
      variables: async () => ({ input: { savedViewId: await savedView() } }),
      expected: itsOwner,
    },
  ],
  'Mutation.createWebhook': [
    { query: mutation('createWebhook', 'CreateWebhookInput'), variables: () => ({ input: { url: 'ftp://x' } }), expected: submitters },
  ],
  'Mutation.deleteCertification': deletionOf('Certification', doomedCertification),
  'Mutation.deleteDestruction': deletionOf('Destruction', doomedDestruction),
  'Mutation.deleteEvaluation': deletionOf('Evaluation', doomedEvaluation),
  'Mutation.deleteStudy': deletionOf('Study', () => studyOf(fixture.datasetId)),
  'Mutation.deleteTrainingRun': deletionOf('TrainingRun', doomedTrainingRun),
  'Mutation.deleteTransfer': deletionOf('Transfer', doomedTransfer),
  'Mutation.deleteWebhook': deletionOf('Webhook', doomedWebhook),
  // Refused, as it is in use.
  'Mutation.deleteDataset': [
    {
      query: mutation('deleteDataset', 'DeleteDatasetInput'),
      variables: () => ({ input: { datasetId: fixture.datasetId } }),
      expected: admins,
    },
  ],
  'Mutation.registerDataset': [
    {
      query: mutation('registerDataset', 'RegisterDatasetInput'),
      variables: () => ({ input: { name: 'own', uploadId: fixture.uploadId, classNames: [] } }),
      expected: submitters,
    },
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
  'Mutation.trainClassifier': [
    {
      query: mutation('trainClassifier', 'TrainClassifierInput'),
      variables: () => ({ input: { name: 'fitted', datasetId: fixture.datasetId, classifier: { svm: {} }, sampleCount: 0 } }),
      expected: submitters,
    },
  ],
  'Subscription.evaluationFinished': [
    { query: 'subscription { evaluationFinished { id } }', expected: everyone, meanwhile: touchPublicJob },
  ],
  'Subscription.jobs': [{ query: 'subscription { jobs { id } }', expected: everyone, meanwhile: touchPublicJob }],
  'Subscription.leaderboardChanged': [
    {
      query: 'subscription ($input: LeaderboardInput!) { leaderboardChanged(input: $input) { sampleCount } }',
      variables: () => ({ input: { datasetId: fixture.datasetId, norm: 'LINF', epsilon: 0.1 } }),
      expected: everyone,
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
  'GET /models/:id/submitted.onnx': { path: () => `/models/${rowId(fixture.modelId, 'Model')}/submitted.onnx`, expected: itsOwner },
  'GET /models/:id/weights.safetensors': {
    path: () => `/models/${rowId(fixture.modelId, 'Model')}/weights.safetensors`,
    expected: itsOwner,
  },
  'GET /models/:id/function': { path: () => `/models/${rowId(fixture.modelId, 'Model')}/function`, expected: submittersOfTheirs },
  // Whoever may is told that there is none.
  'GET /badges/:id.svg': {
    path: () => `/badges/${crypto.randomUUID()}.svg`,
    expected: { ...expectation(['NOT FOUND', 'NOT FOUND'], ['NOT FOUND', 'NOT FOUND']), ADMIN: 'NOT FOUND' },
  },
  'GET /models/:id/README.md': { path: () => `/models/${rowId(fixture.modelId, 'Model')}/README.md`, expected: itsOwner },
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
    for (const { query, variables, expected, meanwhile } of cases[operation]!) {
      const timer = meanwhile && setInterval(() => void meanwhile(), 300);
      const outcomes = await forEachCaller(async (authorization) =>
        outcomeOf(await transports[transport]!(app, authorization)(query, (await variables?.()) ?? {})),
      );
      clearInterval(timer);
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
