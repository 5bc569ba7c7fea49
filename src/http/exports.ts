/**
 * Results for other tools. `GET /evaluations.csv` (`.json`, `.parquet`) is a table of evaluations, `GET /evaluations/:id/examples.csv` one of the examples of an
 * evaluation, `GET /models/:id/robustbench.json` a model's entry for RobustBench.
 * @module
 */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { parseMagnitude } from '../compute/parameters/index.js';
import { evaluationWhere } from '../services/evaluation/evaluation-where.js';
import { type Outcomes, unpackOutcomes } from '../results/outcomes.js';
import { eitherRowId, rowId } from '../storage/global-id.js';
import { findWorstCase } from '../services/worst-case/worst-case.js';
import { isStorable } from '../storage/text.js';
import { mayHaveFiles, visibleClient } from '../services/access/visibility.js';
import type { Principal } from '../services/token/principal.js';
import type { DatabaseClient } from '../storage/database.js';
import type { Prisma } from '../storage/generated/client.js';
import { isRowId } from '../storage/row-id.js';
import { principalOf, route } from './admission.js';
import { HttpError, unlessClientLeft } from './errors.js';
import { evaluationColumns, type ExportedEvaluation } from './exports/evaluation-columns.js';
import { exampleColumns, type ExportedExample } from './exports/example-columns.js';
import { tableFormats } from './exports/formats.js';
import { robustBenchEntry, STANDARD_ATTACKS, standardParameters } from './exports/robustbench.js';
import type { Table } from './exports/table.js';

/** Rows in memory at once. */
const PAGE = 1000;

const WITH_NAMES = {
  model: { select: { name: true, fingerprint: true, architecture: true, card: true, owner: true, visibility: true } },
  dataset: { select: { name: true, format: true, fingerprint: true, bitDepth: true } },
  job: { select: { state: true } },
} satisfies Prisma.EvaluationInclude;

const text = z.string().refine(isStorable, 'must be text without NUL');
const several = z.union([text, z.array(text)]).transform((value) => [value].flat());

const evaluationQuery = z.strictObject({
  modelId: several.optional(),
  datasetId: several.optional(),
  attackKind: several.optional(),
});

const robustBenchQuery = z.strictObject({
  datasetId: z.string().transform((id) => rowId(id, 'Dataset') ?? ''),
  norm: z.enum(['LINF', 'L2']),
  judging: z.enum(['STORED', 'FLOAT']).optional(),
  epsilon: z.string().transform((text, context) => {
    try {
      return parseMagnitude(text);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  }),
});

export function exportRoutes({ prisma }: { readonly prisma: DatabaseClient }): Router {
  const router = Router();

  route(router, 'GET /evaluations.:format', async (request: Request<{ format: string }>, response: Response) => {
    const { modelId, datasetId, attackKind } = parsed(evaluationQuery, request);
    const where = evaluationWhere({ modelIds: modelId, datasetIds: datasetId, attackKinds: attackKind });
    const pages = evaluationPages(prisma, principalOf(response), where);
    await send(response, request.params.format, 'evaluations', { columns: evaluationColumns, pages });
  });

  route(router, 'GET /evaluations/:id/examples.:format', async (request: Request<{ id: string; format: string }>, response: Response) => {
    const { id, format } = request.params;
    const row = eitherRowId(id, 'Evaluation');
    const evaluation =
      row === undefined
        ? null
        : await visibleClient(prisma, principalOf(response)).evaluation.findUnique({ where: { id: row }, omit: { outcomes: false } });
    if (!evaluation?.outcomes) throw new HttpError(404, 'NOT_FOUND', 'There is no evaluation with this id that has finished.');
    const pages = examplePages(unpackOutcomes(evaluation.outcomes), evaluation.offset);
    await send(response, format, 'examples', { columns: exampleColumns, pages });
  });

  route(router, 'GET /models/:id/robustbench.json', async (request: Request<{ id: string }>, response: Response) => {
    const { datasetId, norm, judging, epsilon } = parsed(robustBenchQuery, request);
    const id = eitherRowId(request.params.id, 'Model');
    const known = id !== undefined && isRowId(datasetId);
    const evaluation = known
      ? await visibleClient(prisma, principalOf(response)).evaluation.findFirst({
          where: {
            modelId: id,
            datasetId,
            attackKind: STANDARD_ATTACKS[norm],
            parameters: { equals: standardParameters(norm, epsilon) as Prisma.InputJsonObject },
            judging,
            job: { state: 'SUCCEEDED' },
          },
          // Of equally many examples, floats: the leaderboard rounds nothing.
          orderBy: [{ sampleCount: 'desc' }, { judging: 'desc' }, { predictions: 'desc' }, { finishedAt: 'desc' }],
          include: WITH_NAMES,
        })
      : null;
    if (!evaluation) {
      const message = `There is no finished evaluation of this model by ${STANDARD_ATTACKS[norm]} with this budget, and all else as it is by default, on this data set. Start one with startEvaluation.`;
      throw new HttpError(404, 'NOT_FOUND', message);
    }
    const { offset, sampleCount } = evaluation;
    const visible = visibleClient(prisma, principalOf(response));
    const worst = await findWorstCase(visible, {
      modelId: id,
      datasetId,
      offset,
      sampleCount,
      threat: { norm, epsilon },
      judging: evaluation.judging,
    });
    response.json(robustBenchEntry(evaluation, worst!.right));
  });
  return router;
}

function parsed<Output>(schema: z.ZodType<Output>, request: Pick<Request, 'query'>): Output {
  const { success, data, error } = schema.safeParse(request.query);
  if (success) return data;
  const [issue] = error.issues;
  throw new HttpError(400, 'BAD_REQUEST', `${issue!.path.join('.') || 'query'}: ${issue!.message}`);
}

async function send<Row>(response: Response, extension: string, name: string, table: Table<Row>): Promise<void> {
  const format = tableFormats.find((candidate) => candidate.extension === extension);
  if (!format) {
    const known = tableFormats.map((candidate) => candidate.extension).join(', ');
    throw new HttpError(404, 'NOT_FOUND', `There is no format "${extension}". Known formats: ${known}.`);
  }
  // What fails before the first row is an answer of its own; later it can only cut the connection.
  const pages = await begun(table.pages);
  response.set({ 'Content-Type': format.mediaType, 'Content-Disposition': `attachment; filename="${name}.${extension}"` });
  await format.write({ ...table, pages }, response).catch(unlessClientLeft);
}

/** The same, after its first item has been read. */
async function begun<Item>(items: AsyncIterable<Item> | Iterable<Item>): Promise<AsyncGenerator<Item>> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let next = await iterator.next();
  return (async function* () {
    for (; !next.done; next = await iterator.next()) yield next.value;
  })();
}

async function* evaluationPages(
  prisma: DatabaseClient,
  viewer: Principal,
  where: Prisma.EvaluationWhereInput,
): AsyncGenerator<ExportedEvaluation[]> {
  let after: string | undefined;
  do {
    // Ids are UUIDs of version 7: in the order of their making.
    const page = await visibleClient(prisma, viewer).evaluation.findMany({
      where: after === undefined ? where : { ...where, id: { gt: after } },
      orderBy: { id: 'asc' },
      take: PAGE,
      include: WITH_NAMES,
    });
    // What gives the files of a listed model away is its owner's.
    const shown = ({ model, ...row }: (typeof page)[number]) => ({
      ...row,
      model: mayHaveFiles(viewer, model) ? model : { ...model, fingerprint: null },
    });
    if (page.length > 0) yield page.map(shown);
    after = page.length === PAGE ? page.at(-1)!.id : undefined;
  } while (after !== undefined);
}

function* examplePages(outcomes: Outcomes, offset: number): Generator<ExportedExample[]> {
  for (let from = 0; from < outcomes.count; from += PAGE) {
    const count = Math.min(PAGE, outcomes.count - from);
    yield Array.from({ length: count }, (_, i) => ({ outcomes, i: from + i, index: offset + from + i }));
  }
}
