/** `GET /artifacts/:id` streams stored bytes; images also come one by one as PNG, and those of data sets from `/datasets`. @module */
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type Response } from 'express';
import type { DatasetSource } from '../compute/data/index.js';
import type { Compute } from '../compute/host/index.js';
import { toLevels } from '../compute/distances/index.js';
import { ComputeError } from '../compute/errors.js';
import { type ArtifactStore, isArtifactId } from '../storage/artifacts.js';
import type { DatabaseClient } from '../storage/database.js';
import type { Artifact, Dataset } from '../storage/generated/client.js';
import { fileNameOf } from './file-name.js';
import { ArtifactMissing } from '../storage/errors.js';
import { readerOf } from '../storage/images.js';
import { eitherRowId } from '../storage/global-id.js';
import { recordAudit } from '../services/audit/audit.js';
import { visibleClient } from '../services/access/visibility.js';
import { principalOf, route } from './admission.js';
import { HttpError, unlessClientLeft } from './errors.js';

export interface ArtifactRouteOptions {
  readonly prisma: DatabaseClient;
  readonly artifacts: ArtifactStore;
  readonly compute: Compute;
  /** Where a data set's files are on this machine. */
  datasetSource(dataset: Dataset): Promise<DatasetSource>;
}

/** What is addressed by its content never changes. Only the client itself may keep it: others may not be allowed to see it. */
const FOREVER = 'private, max-age=31536000, immutable';

export function artifactRoutes({ prisma, artifacts, compute, datasetSource }: ArtifactRouteOptions): Router {
  const router = Router();
  const find = async (id: string, response: Response) =>
    isArtifactId(id) ? visibleClient(prisma, principalOf(response)).artifact.findUnique({ where: { id } }) : null;

  route(router, 'GET /artifacts/:id', async (request: Request<{ id: string }>, response: Response) => {
    const { id } = request.params;
    const artifact = await find(id, response);
    if (!artifact) throw missing('artifact');
    if (!(await artifacts.has(id))) throw new ArtifactMissing(id);
    const { name, mediaType } = await described(visibleClient(prisma, principalOf(response)), artifacts, artifact);
    response.attachment(name);
    response.set({
      'Content-Type': mediaType,
      'Content-Length': String(artifact.size),
      'Cache-Control': FOREVER,
      ETag: `"${id}"`,
    });
    if (request.method === 'HEAD') return void response.end();
    const principal = principalOf(response);
    const model = await visibleClient(prisma, principal).model.findFirst({ where: { artifactId: id } });
    if (model) await recordAudit(prisma, principal, 'MODEL_DOWNLOADED', { type: 'Model', id: model.id, name: model.name });
    await pipeline(artifacts.read(id), response).catch(unlessClientLeft);
  });

  route(router, 'GET /artifacts/:id/images/:index.png', async (request: Request<{ id: string; index: string }>, response: Response) => {
    const { id } = request.params;
    const artifact = await find(id, response);
    const index = indexOf(request.params.index);
    if (!artifact || artifact.imageShape.length === 0 || index === undefined) throw missing('image');
    const size = artifact.imageShape.reduce((product, length) => product * length, 1);
    const pixels = await readerOf(artifacts, id, artifact.mediaType, size)(index, 1);
    if (!pixels) throw missing('image');
    await sendPng(response, toLevels(pixels), artifact.imageShape);
  });

  route(router, 'GET /datasets/:id/images/:index.png', async (request: Request<{ id: string; index: string }>, response: Response) => {
    const id = eitherRowId(request.params.id, 'Dataset');
    const dataset = id ? await visibleClient(prisma, principalOf(response)).dataset.findUnique({ where: { id } }) : null;
    const index = indexOf(request.params.index);
    if (!dataset || dataset.state !== 'READY' || index === undefined || index >= dataset.exampleCount) throw missing('image');
    try {
      await sendPng(response, await compute.datasetImage(await datasetSource(dataset), index), dataset.imageShape);
    } catch (error) {
      if (error instanceof ComputeError && error.code === 'INVALID_DATASET') throw new HttpError(409, 'INVALID_DATASET', error.message);
      throw error;
    }
  });
  return router;
}

/** By the first bytes of a model's archive. */
const ARCHIVES: readonly (readonly [start: readonly number[], extension: string, mediaType: string])[] = [
  [[0x50, 0x4b], 'zip', 'application/zip'],
  [[0x1f, 0x8b], 'tar.gz', 'application/gzip'],
  [[0x08], 'onnx', 'application/octet-stream'],
];

/** Name and type of a download. @param prisma of who asks. */
async function described(
  prisma: DatabaseClient,
  artifacts: ArtifactStore,
  { id, mediaType, imageShape }: Artifact,
): Promise<{ name: string; mediaType: string }> {
  const short = id.slice(0, 12);
  if (imageShape.length > 0) return { name: `images-${short}.bin`, mediaType };
  const dataset = await prisma.dataset.findFirst({ where: { artifactId: id, state: 'READY' }, select: { name: true } });
  if (dataset) return { name: `${fileNameOf(dataset.name)}.gauntlet-dataset`, mediaType };
  const model = await prisma.model.findFirst({ where: { artifactId: id }, select: { name: true } });
  if (!model) return { name: `artifact-${short}.bin`, mediaType };
  const start = (await artifacts.readRange(id, 0, 2)) ?? new Uint8Array();
  const known = ARCHIVES.find(([bytes]) => bytes.every((byte, i) => start[i] === byte));
  const [, extension, type] = known ?? [[], 'tar', 'application/x-tar'];
  return { name: `${fileNameOf(model.name)}.${extension}`, mediaType: type };
}

const indexOf = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

const missing = (what: string) => new HttpError(404, 'NOT_FOUND', `There is no such ${what}.`);

/** Of images with other channels than grey or RGB, the first or the first three. */
async function sendPng(response: Response, values: Uint8Array, imageShape: readonly number[]): Promise<void> {
  const [height, width, given] = imageShape as [number, number, number];
  const channels = given < 3 ? 1 : 3;
  const pixels = given === channels ? values : values.filter((_, p) => p % given < channels);
  // It takes 20 MB, and many servers are never asked for a picture.
  const { default: sharp } = await import('sharp');
  const png = await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
  response.set('Cache-Control', FOREVER).type('png').send(png);
}
