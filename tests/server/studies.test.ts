import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelIn } from '../../src/jobs/end-job.js';
import { studyHandler } from '../../src/jobs/study/handler.js';
import type { Transaction } from '../../src/storage/database.js';
import type { Prisma } from '../../src/storage/generated/client.js';
import { encodeGlobalId } from '../../src/storage/global-id.js';
import { studentInterval } from '../../src/compute/statistics/student-interval.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished } from './support/operations.js';
import { read, registerBoth, start, START, type Task, TINY } from './support/studies.js';
import { itWhole } from '../sizes.js';

/** The same transaction, in which something happens whenever jobs have been looked for, as another process may do at that moment. */
function afterFindingJobs(tx: Transaction, happens: () => Promise<unknown>): Transaction {
  const job = new Proxy(tx.job, {
    get: (target, member): unknown =>
      member === 'findMany'
        ? async (args: Prisma.JobFindManyArgs) => {
            const found = await target.findMany(args);
            await happens();
            return found;
          }
        : Reflect.get(target, member),
  });
  return new Proxy(tx, { get: (target, member): unknown => (member === 'job' ? job : Reflect.get(target, member)) });
}

describe('studies', () => {
  let app: TestApplication;
  beforeAll(async () => {
    // Room for the study and five of its tasks: it has to wait for room again and again.
    app = await startTestApplication({ GAUNTLET_THREADS: '1', GAUNTLET_QUEUE_MAX_PER_NAME: '6' });
    await registerBoth(app.graphql);
  });
  afterAll(() => app?.close());

  it('report the numbers of their evaluations in tables and verdicts, and reuse earlier results', async () => {
    const { studyId, jobId } = await start(app.graphql, TINY);
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null, progress: { done: 36, total: 36 } });
    const study = await read(app.graphql, studyId);
    expect(study).toMatchObject({ recipe: 'F1', scale: 'mnist-mini', seeds: 2 });
    const tasks = new Map((study.tasks as Task[]).map((task) => [task.key, task]));
    for (const row of study.tables[0].rows) {
      const [network, attack] = row.label.split(', ');
      const evaluations = (epsilon: string) =>
        [1, 2].map((seed) => tasks.get(`${network}, seed ${seed}: ${attack}, ${epsilon}`)!.evaluation!);
      const [, clean, ...epsilons] = study.tables[0].columns as string[];
      expect(clean).toBe('clean');
      expect(row.cells[0]).toEqual(studentInterval(evaluations(epsilons[0]!).map(({ clean: { top1 } }) => top1.value)));
      for (const [i, epsilon] of epsilons.entries()) {
        expect(row.cells[i + 1]).toEqual(studentInterval(evaluations(epsilon).map(({ adversarial }) => adversarial.top1.value)));
      }
    }
    expect(study.verdicts).toHaveLength(3);
    expect(study.plots[0].series).toHaveLength(4);

    const again = await start(app.graphql, TINY);
    expect(await finished(app.graphql, again.jobId)).toMatchObject({ state: 'SUCCEEDED' });
    const repeated = await read(app.graphql, again.studyId);
    expect(repeated.tasks).toEqual(study.tasks);
    expect(repeated.tables).toEqual(study.tables);

    const fetched = (url: string) => fetch(app.url + url, { headers: { authorization: app.authorization } });
    expect(await (await fetched(study.csv)).text()).toMatch(
      /^part,title,row,column,mean,lower,upper,n,verdict\ntable,Top-1 accuracy,"clean training, FGSM",clean,/,
    );
    expect(await (await fetched(study.json)).json()).toMatchObject({ recipe: 'F1', tables: study.tables });
    const page = await (await fetched(study.html)).text();
    expect(page).toContain('<svg');
    expect(page).not.toContain('<script');
    expect((await fetched(study.csv.replace('.csv', '.pdf'))).status).toBe(404);
  });

  itWhole('evaluate images of one network on others, on the data sets that the request names', async () => {
    const { datasets } = await dataOf(app.graphql('{ datasets { nodes { id split } } }'));
    const { id } = (datasets.nodes as { id: string; split: string }[]).find(({ split }) => split === 'TEST')!;
    const asked = { ...TINY, recipe: 'F4', seeds: 1, trainingDatasetId: id, testDatasetId: id };
    const { studyId, jobId } = await start(app.graphql, asked);
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const { tables, tasks } = await read(app.graphql, studyId);
    const matrix = tables.find(({ title }: { title: string }) => title.startsWith('Transfer rate of FGSM'));
    expect(matrix.columns).toEqual(['source', 'CNN', 'ELU CNN', 'ResNet', 'MLP']);
    expect(matrix.rows[0].cells[0]).toBeNull();
    expect((tasks as Task[]).filter(({ transfer }) => transfer)).toHaveLength(4);
    const query = `query ($id: ID!) { study(id: $id) { trainingDataset { id } testDataset { id }
      tasks { trainingRun { dataset { id } } evaluation { dataset { id } } transfer { dataset { id } } } } }`;
    const { study } = await dataOf(app.graphql(query, { id: studyId }));
    expect(study).toMatchObject({ trainingDataset: { id }, testDataset: { id } });
    const used = (study.tasks as Record<'trainingRun' | 'evaluation' | 'transfer', object | null>[]).map(
      (task) => task.trainingRun ?? task.evaluation ?? task.transfer,
    );
    expect(used).toEqual(used.map(() => ({ dataset: { id } })));
  });

  it('fit classical classifiers to the training images, and show them to each other', async () => {
    const { studyId, jobId } = await start(app.graphql, { ...TINY, recipe: 'cross-technique-transfer', seeds: 1 });
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const query = `query ($id: ID!) { study(id: $id) {
      tables { title columns rows { label cells { mean n } } }
      tasks { key model { name status classifier { kind offset sampleCount seed } fittedTo { split } } }
    } }`;
    const { study } = await dataOf(app.graphql(query, { id: studyId }));
    const fitted = (study.tasks as { model: { name: string } | null }[]).filter(({ model }) => model);
    expect(fitted).toHaveLength(4);
    expect(fitted[0]).toMatchObject({
      key: 'logistic regression, seed 1',
      model: {
        status: 'READY',
        classifier: { kind: 'logisticRegression', offset: 0, sampleCount: 80, seed: 1 },
        fittedTo: { split: 'TRAIN' },
      },
    });
    const [accuracy, matrix, counts] = study.tables;
    expect(matrix.columns).toEqual(['source', 'network', 'logistic regression', 'SVM', 'decision tree', 'k-NN']);
    // Of eight images, fitted to eighty, logistic regression gets some right.
    expect(accuracy.rows[1].cells[0].mean).toBeGreaterThan(0.2);
    for (const [s, row] of matrix.rows.entries()) {
      for (const [t, cell] of row.cells.entries()) {
        if (s !== t) expect(cell === null).toBe(counts.rows[s].cells[t].mean === 0);
      }
    }

    // Asked for again, nothing is fitted again.
    const again = await start(app.graphql, { ...TINY, recipe: 'cross-technique-transfer', seeds: 1 });
    expect(await finished(app.graphql, again.jobId)).toMatchObject({ state: 'SUCCEEDED' });
    expect((await dataOf(app.graphql(query, { id: again.studyId }))).study).toEqual(study);
  });

  it('play games of naive Bayes with an adversary', async () => {
    const { studyId, jobId } = await start(app.graphql, { ...TINY, recipe: 'adversarial-classification' });
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null, progress: { done: 12, total: 12 } });
    const { tables, verdicts } = await read(app.graphql, studyId);
    const [classifier, adversary] = tables;
    expect(verdicts).toHaveLength(12);
    for (const [i, { cells }] of classifier.rows.entries()) {
      // The adversary changes what pays, and only that.
      expect(adversary.rows[i].cells[1].mean).toBeGreaterThanOrEqual(adversary.rows[i].cells[0].mean);
      expect(cells[1].mean).toBeLessThanOrEqual(cells[0].mean);
      expect(cells[0].n).toBe(2);
    }
    const refused = await dataOf(app.graphql(START, { input: { recipe: 'adversarial-classification', scale: 'imagenet' } }));
    expect(refused.startStudy).toMatchObject({ path: ['scale'], message: expect.stringContaining('mnist-mini') as string });
  });

  it('cancel their jobs when they are cancelled', async () => {
    const { studyId, jobId } = await start(app.graphql, { ...TINY, steps: 1_000_000 });
    const begun = async () => (await read(app.graphql, studyId)).tasks.filter(({ job }: Task) => job) as Task[];
    await until(async () => (await begun()).some(({ job }) => job!.state === 'RUNNING'), 'a training');
    await dataOf(app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: jobId }));
    // A job that is asked for in this moment ends with the study's run.
    await app.atRest();
    for (const { job, trainingRun } of await begun()) {
      expect(job!.state).toBe('CANCELLED');
      expect(trainingRun!.model.status).toBe('REJECTED');
    }
    expect((await read(app.graphql, studyId)).html).toBeNull();
  });

  it('leave a job its results where it has succeeded in the moment in which they are cancelled', async () => {
    const { prisma } = app.services;
    const ended = { state: 'CANCELLED', finishedAt: new Date() } as const;
    const { id: datasetId } = await prisma.dataset.findFirstOrThrow();
    const { id: modelId } = await prisma.model.findFirstOrThrow();
    const owner = 'someone';
    const study = await prisma.study.create({
      data: {
        ...{ owner, recipe: 'F1', version: 1, settings: {} },
        trainingDataset: { connect: { id: datasetId } },
        testDataset: { connect: { id: datasetId } },
        job: { create: { owner, kind: 'study', total: 1, unit: 'tasks', ...ended } },
      },
    });
    const { job, id: evaluationId } = await prisma.evaluation.create({
      data: {
        ...{ attackKind: 'FGSM', parameters: {}, norm: 'LINF', offset: 0, sampleCount: 1, seed: 0, keepImages: false, requestHash: '' },
        model: { connect: { id: modelId } },
        dataset: { connect: { id: datasetId } },
        job: { create: { owner, kind: 'evaluation', total: 1, unit: 'images', state: 'RUNNING', activeRequestHash: 'of the test' } },
      },
      include: { job: true },
    });
    await prisma.studyTask.create({ data: { studyId: study.id, position: 0, key: 'task', jobId: job.id, evaluationId } });
    const succeeded = { state: 'SUCCEEDED', done: 1 } as const;
    await prisma.$transaction((tx) =>
      studyHandler.discard(
        afterFindingJobs(tx, () => tx.job.update({ where: { id: job.id }, data: succeeded })),
        study.jobId,
        cancelIn(tx, app.runtime.queue),
      ),
    );
    expect(await prisma.job.findUnique({ where: { id: job.id } })).toMatchObject({ ...succeeded, activeRequestHash: 'of the test' });
    expect(await prisma.evaluation.findUnique({ where: { id: evaluationId } })).toMatchObject({ finishedAt: null });
    await prisma.study.delete({ where: { id: study.id } });
    await prisma.evaluation.delete({ where: { id: evaluationId } });
    await prisma.job.deleteMany({ where: { id: { in: [job.id, study.jobId] } } });
  });

  it('fail with the name of the task that failed, and cancel the others', async () => {
    const { studyId, jobId } = await start(app.graphql, { ...TINY, steps: 1_000_000 });
    const running = await until(async () => {
      const { tasks } = (await read(app.graphql, studyId)) as { tasks: Task[] };
      return tasks.find(({ job }) => job?.state === 'RUNNING');
    }, 'a training');
    await dataOf(app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: running.job!.id }));
    expect(await finished(app.graphql, jobId)).toMatchObject({
      state: 'FAILED',
      errorCode: 'TASK_FAILED',
      error: `training of "${running.key}": its job was cancelled.`,
    });
    // A job that the study was asking for while it ended is cancelled as soon as it is known.
    const alive = async () => {
      const { jobs } = await dataOf(app.graphql('{ jobs(filter: { states: [QUEUED, RUNNING] }) { nodes { kind state } } }'));
      return (jobs.nodes as { kind: string; state: string }[]).map(({ kind, state }) => `${kind} ${state}`);
    };
    await expect.poll(alive).toEqual([]);
  });

  it('ask for a game once, however many plan at a time, and a game that cannot be described ends with the reason', async () => {
    const { prisma, studies } = app.services;
    const owner = 'someone';
    const { id: datasetId } = await prisma.dataset.findFirstOrThrow();
    const study = await prisma.study.create({
      data: {
        // There is no such version.
        ...{ owner, recipe: 'adversarial-classification', version: 0, settings: {} },
        trainingDataset: { connect: { id: datasetId } },
        testDataset: { connect: { id: datasetId } },
        job: { create: { owner, kind: 'study', total: 1, unit: 'tasks', state: 'CANCELLED', finishedAt: new Date() } },
        tasks: { create: { position: 0, key: 'game' } },
      },
    });
    const ask = () => studies.startGame({ name: owner, role: 'SUBMITTER' }, { studyId: study.id, key: 'game', units: 1 });
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, ask));
    expect(others.map(({ id }) => id)).toEqual(others.map(() => first!.id));
    expect(await prisma.job.count({ where: { kind: 'game', owner } })).toBe(1);
    const end = async () => (await prisma.job.findUniqueOrThrow({ where: { id: first!.id } })).errorCode;
    await expect.poll(end).toBe('RECIPE_CHANGED');
    await prisma.study.delete({ where: { id: study.id } });
    await prisma.job.deleteMany({ where: { id: { in: [first!.id, study.jobId] } } });
  });

  it('are refused for data sets that do not fit each other, or one of the two alone', async () => {
    const { prisma } = app.services;
    const { id: mnist, ...row } = await prisma.dataset.findFirstOrThrow();
    const { id: pictures } = await prisma.dataset.create({
      data: { ...row, tagsText: undefined, request: undefined, name: 'pictures', imageShape: [32, 32, 3] },
    });
    const { id: twoClasses } = await prisma.dataset.create({
      data: { ...row, tagsText: undefined, request: undefined, name: 'two classes', classNames: ['a', 'b'] },
    });
    const ask = async (...ids: string[]) => {
      const [trainingDatasetId, testDatasetId] = ids.map((id) => encodeGlobalId('Dataset', id));
      return (await dataOf(app.graphql(START, { input: { ...TINY, trainingDatasetId, testDatasetId } }))).startStudy;
    };
    const refusal = (message: RegExp) => ({ message: expect.stringMatching(message) as unknown, path: ['testDatasetId'] });
    expect(await ask(mnist, pictures)).toMatchObject({ __typename: 'ValidationError', ...refusal(/32×32×3.*28×28×1/) });
    expect(await ask(mnist, twoClasses)).toMatchObject({ __typename: 'ValidationError', ...refusal(/has 2 classes.* 10/) });
    expect(await ask(mnist)).toMatchObject({ __typename: 'NotFoundError', ...refusal(/no data set/) });
    await prisma.dataset.deleteMany({ where: { id: { in: [pictures, twoClasses] } } });
  });

  it.each([
    ['a recipe that is not there', { recipe: 'F9' }, 'ValidationError', /Known: F1, F2/],
    ['a scale that is not there', { scale: 'huge' }, 'ValidationError', /Known: mnist-mini/],
    ['a scale without its data', { scale: 'cifar' }, 'NotFoundError', /"cifar10" and split TRAIN/],
    ['no seeds', { seeds: 0 }, 'ValidationError', /seeds is 0/],
    ['no steps', { steps: 0 }, 'ValidationError', /steps is 0/],
    ['more images than there are', { sampleCount: 10_001 }, 'ValidationError', /sampleCount is 10001/],
  ])('are refused for %s', async (_, rest, type, message) => {
    const before = await app.inventory();
    const { startStudy } = await dataOf(app.graphql(START, { input: { ...TINY, ...rest } }));
    expect(startStudy).toMatchObject({ __typename: type, message: expect.stringMatching(message) as unknown });
    await expect.poll(() => app.inventory()).toEqual(before);
  });

  describe('of models that were submitted', () => {
    const SCALE = { recipe: 'F4', scale: 'imagenet-transfer', sampleCount: 40 };
    let modelIds: string[];
    let testDatasetId: string;
    beforeAll(async () => {
      const { prisma, models } = app.services;
      const owner = { name: 'owner', role: 'ADMIN' } as const;
      const shipped = { baseline: 'mnist-baseline', twin: 'mnist-baseline', adversarial: 'mnist-adversarial' };
      modelIds = [];
      for (const [name, folder] of Object.entries(shipped)) {
        const { id } = await models.submitFolder(owner, { name, visibility: 'PUBLIC' }, join('assets/models', folder));
        modelIds.push(encodeGlobalId('Model', id));
      }
      const { id } = await prisma.dataset.findFirstOrThrow({ where: { split: 'TEST' } });
      testDatasetId = encodeGlobalId('Dataset', id);
    });

    it('train nothing, show each the images of the others, and take each source for a repetition', async () => {
      const { studyId, jobId } = await start(app.graphql, { ...SCALE, modelIds, testDatasetId });
      // 3 attacks at 4 budgets on 3 models, and a transfer of each.
      expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null, progress: { done: 39, total: 39 } });
      const { tables, verdicts, tasks } = await read(app.graphql, studyId);
      expect((tasks as Task[]).every(({ trainingRun }) => trainingRun === null)).toBe(true);
      const title = 'Transfer rate of FGSM from each source to each target';
      const matrix = tables.find((table: { title: string }) => table.title === title);
      expect(matrix.columns).toEqual(['source', 'baseline', 'twin', 'adversarial']);
      const query = `query ($input: TransferMatrixInput!) { transferMatrix(input: $input) { cells { source { name } target { name } rate { value } } } }`;
      const input = { datasetId: testDatasetId, sourceIds: modelIds, attackKinds: ['FGSM'], epsilons: ['16/255'] };
      const { transferMatrix } = await dataOf(app.graphql(query, { input }));
      type Cell = Record<'source' | 'target', { name: string }> & { rate: { value: number | null } };
      const rate = (from: string, to: string) =>
        (transferMatrix.cells as Cell[]).find(({ source, target }) => source.name === from && target.name === to)!.rate.value;
      for (const { label, cells } of matrix.rows as { label: string; cells: ({ mean: number } | null)[] }[]) {
        const others = (matrix.columns as string[]).slice(1);
        expect(cells.map((cell) => cell?.mean ?? null)).toEqual(others.map((to) => (to === label ? null : rate(label, to))));
      }
      expect(rate('baseline', 'twin')).toBe(1);
      const fooled = ['baseline', 'twin', 'adversarial'].filter((from) =>
        ['baseline', 'twin', 'adversarial'].some((to) => to !== from && rate(from, to) !== null),
      );
      expect(tables[0].rows[0].cells[0].n).toBe(fooled.length);
      expect(verdicts).toHaveLength(2);
    });

    it.each([
      ['one model', () => ({ modelIds: modelIds.slice(1, 2) }), /two models or more/],
      ['no models', () => ({ modelIds: [] }), /at least one model/],
      ['a recipe that trains', () => ({ recipe: 'F1', modelIds }), /F1 trains networks.*F4 and F5/],
      ['a scale that trains', () => ({ scale: 'mnist-mini', modelIds }), /trains its networks: leave out `modelIds`/],
    ])('are refused for %s', async (_, rest, message) => {
      const { startStudy } = await dataOf(app.graphql(START, { input: { ...SCALE, testDatasetId, ...rest() } }));
      expect(startStudy).toMatchObject({ __typename: 'ValidationError', message: expect.stringMatching(message) as unknown });
    });
  });

  it('are listed with their recipes', async () => {
    const { studyRecipes, studies } = await dataOf(
      app.graphql(
        '{ studyRecipes { name version claim criteria scales { name needs comparedWithPaper } } studies(first: 1) { totalCount nodes { recipe } } }',
      ),
    );
    const scalesOf = (i: number) => (studyRecipes[i].scales as { name: string }[]).map(({ name }) => name);
    expect(studyRecipes.map(({ name }: { name: string }) => name)).toEqual([
      ...['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7'],
      ...['cross-technique-transfer', 'security-curves', 'adversarial-classification'],
    ]);
    expect(scalesOf(7)).toEqual(['mnist-mini', 'fashion-mnist-mini', 'cifar']);
    expect(studyRecipes[0].scales.map(({ name }: { name: string }) => name)).toContain('imagenet');
    expect([scalesOf(3), scalesOf(0)].map((names) => names.includes('imagenet-transfer'))).toEqual([true, false]);
    expect(studyRecipes[1].criteria).toContain('less than five points of accuracy');
    for (const { comparedWithPaper } of studyRecipes[0].scales) expect(comparedWithPaper).not.toBe('');
    expect(studies.totalCount).toBeGreaterThan(0);
  });
});
