/** `GET /artifacts/:id` streams stored bytes; images also come one by one as PNG, and those of data sets from `/datasets`. @module */
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type Response } from 'express';
import type { Compute } from '../compute/host/index.js';
import { toLevels } from '../compute/distances/index.js';
import { ComputeError } from '../compute/errors.js';
import type { DatasetService } from '../services/dataset/datasets.js';
import { type ArtifactStore, isArtifactId } from '../storage/artifacts.js';
import type { DatabaseClient } from '../storage/database.js';
import { ArtifactMissing } from '../storage/errors.js';
import { readerOf } from '../storage/images.js';
import { eitherRowId } from '../storage/global-id.js';
import { visibleClient } from '../services/access/visibility.js';
import { principalOf, route } from './admission.js';
import { HttpError, unlessClientLeft } from './errors.js';

export interface ArtifactRouteOptions {
  readonly prisma: DatabaseClient;
  readonly artifacts: ArtifactStore;
  readonly compute: Compute;
  readonly datasets: DatasetService;
}

/** What is addressed by its content never changes. Only the client itself may keep it: others may not be allowed to see it. */
const FOREVER = 'private, max-age=31536000, immutable';

export function artifactRoutes({ prisma, artifacts, compute, datasets }: ArtifactRouteOptions): Router {
  const router = Router();
  const find = async (id: string, response: Response) =>
    isArtifactId(id) ? visibleClient(prisma, principalOf(response)).artifact.findUnique({ where: { id } }) : null;

  route(router, 'GET /artifacts/:id', async (request: Request<{ id: string }>, response: Response) => {
    const { id } = request.params;
    const artifact = await find(id, response);
    if (!artifact) throw missing('artifact');
    if (!(await artifacts.has(id))) throw new ArtifactMissing(id);
    response.set({
      'Content-Type': artifact.mediaType,
      'Content-Length': String(artifact.size),
      'Cache-Control': FOREVER,
      ETag: `"${id}"`,
    });
    if (request.method === 'HEAD') return void response.end();
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
    const dataset = id ? await prisma.dataset.findUnique({ where: { id } }) : null;
    const index = indexOf(request.params.index);
    if (!dataset || index === undefined || index >= dataset.exampleCount) throw missing('image');
    try {
      await sendPng(response, await compute.datasetImage(datasets.source(dataset), index), dataset.imageShape);
    } catch (error) {
      if (error instanceof ComputeError && error.code === 'INVALID_DATASET') throw new HttpError(409, 'INVALID_DATASET', error.message);
      throw error;
    }
  });
  return router;
}

const indexOf = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

const missing = (what: string) => new HttpError(404, 'NOT_FOUND', `There is no such ${what}.`);

async function sendPng(response: Response, pixels: Uint8Array, imageShape: readonly number[]): Promise<void> {
  const [height, width, channels] = imageShape as [number, number, 1 | 3];
  // It takes 20 MB, and many servers are never asked for a picture.
  const { default: sharp } = await import('sharp');
  const png = await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
  response.set('Cache-Control', FOREVER).type('png').send(png);
}
