/**
 * Models as files. `GET /models/:id/onnx`: an ONNX file of standard operators, `?batch=` saying for how many images at once. `/submitted.onnx`: the graph that was
 * submitted, with the weights as training left them. Both have the model's card among their metadata. `/weights.safetensors`: the weights alone. `/README.md`: the card.
 * @module
 */
import { Router, type Request, type Response } from 'express';
import type { Compute } from '../compute/host/index.js';
import { type ModelFiles, withMetadata } from '../compute/models/index.js';
import { ComputeError } from '../compute/errors.js';
import { metadataOfCard, readmeOfCard } from '../results/model-card.js';
import type { DatabaseClient } from '../storage/database.js';
import { cardOf } from '../storage/json.js';
import { modelFiles } from '../storage/model-files.js';
import type { ModelFolders } from '../storage/model-folders.js';
import { isReady } from '../storage/ready-model.js';
import { eitherRowId } from '../storage/global-id.js';
import { mayHaveFiles, visibleClient } from '../services/access/visibility.js';
import { recordAudit } from '../services/audit/audit.js';
import { principalOf, route } from './admission.js';
import { HttpError } from './errors.js';
import { fileNameOf } from './file-name.js';

export interface ModelRouteOptions {
  readonly prisma: DatabaseClient;
  readonly compute: Compute;
  readonly modelFolders: ModelFolders;
}

const LARGEST_BATCH = 1024;

export function modelRoutes({ prisma, compute, modelFolders }: ModelRouteOptions): Router {
  const router = Router();

  /** Runs `write` on a model's network, and answers with the file. @param extension of its name. */
  async function send(
    request: Request<{ id: string }>,
    response: Response,
    extension: string,
    write: (files: ModelFiles) => Promise<Uint8Array>,
  ): Promise<void> {
    const id = eitherRowId(request.params.id, 'Model');
    const model = id ? await visibleClient(prisma, principalOf(response)).model.findUnique({ where: { id } }) : null;
    if (!model || !isReady(model) || !mayHaveFiles(principalOf(response), model))
      throw new HttpError(404, 'NOT_FOUND', 'There is no model with this id that is ready.');
    if (model.access !== 'GRADIENT')
      throw new HttpError(
        422,
        'UNSUPPORTED_OPERATION',
        'The model is a black box: it has no network that could be written as another file.',
      );
    const folders = modelFolders.lease();
    try {
      const written = await write(await modelFiles(folders, model));
      const bytes = extension === '.onnx' ? withMetadata(written, metadataOfCard(cardOf(model) ?? {})) : written;
      await recordAudit(prisma, principalOf(response), 'MODEL_DOWNLOADED', { type: 'Model', id: model.id, name: model.name });
      response.attachment(`${fileNameOf(model.name)}${extension}`);
      response.type('application/octet-stream').end(bytes);
    } catch (error) {
      if (!(error instanceof ComputeError && error.code === 'UNSUPPORTED_OPERATION')) throw error;
      throw new HttpError(422, 'UNSUPPORTED_OPERATION', error.message);
    } finally {
      folders.release();
    }
  }

  route(router, 'GET /models/:id/onnx', async (request: Request<{ id: string }>, response: Response) => {
    await send(request, response, '.onnx', (files) => {
      const batch = Number(request.query['batch'] ?? 1);
      if (!Number.isInteger(batch) || batch < 1 || batch > LARGEST_BATCH) {
        throw new HttpError(400, 'BAD_REQUEST', `batch is a whole number from 1 to ${LARGEST_BATCH}.`);
      }
      return compute.exportOnnx(files, batch);
    });
  });

  route(router, 'GET /models/:id/submitted.onnx', async (request: Request<{ id: string }>, response: Response) => {
    await send(request, response, '.onnx', async (files) => {
      const { bytes, batch } = await compute.exportSubmittedOnnx(files);
      response.set('Gauntlet-Batch', batch === null ? 'any' : String(batch));
      return bytes;
    });
  });

  route(router, 'GET /models/:id/weights.safetensors', async (request: Request<{ id: string }>, response: Response) => {
    await send(request, response, '.safetensors', (files) => compute.exportWeights(files));
  });

  route(router, 'GET /models/:id/README.md', async (request: Request<{ id: string }>, response: Response) => {
    const id = eitherRowId(request.params.id, 'Model');
    const model = id ? await visibleClient(prisma, principalOf(response)).model.findUnique({ where: { id } }) : null;
    const card = model && cardOf(model);
    if (!card) throw new HttpError(404, 'NOT_FOUND', 'There is no model with this id that has a card.');
    response.attachment('README.md');
    response.type('text/markdown').send(readmeOfCard(card));
  });
  return router;
}
