/** `GET /models/:id/onnx` writes a model as an ONNX file of standard operators; `?batch=` says for how many images at once. @module */
import { Router, type Request, type Response } from 'express';
import type { Compute } from '../compute/host/index.js';
import { ComputeError } from '../compute/errors.js';
import type { DatabaseClient } from '../storage/database.js';
import { modelFiles } from '../storage/model-files.js';
import type { ModelFolders } from '../storage/model-folders.js';
import { isReady } from '../storage/ready-model.js';
import { eitherRowId } from '../storage/global-id.js';
import { visibleClient } from '../services/access/visibility.js';
import { principalOf, route } from './admission.js';
import { HttpError } from './errors.js';

export interface ModelRouteOptions {
  readonly prisma: DatabaseClient;
  readonly compute: Compute;
  readonly modelFolders: ModelFolders;
}

const LARGEST_BATCH = 1024;

export function modelRoutes({ prisma, compute, modelFolders }: ModelRouteOptions): Router {
  const router = Router();

  route(router, 'GET /models/:id/onnx', async (request: Request<{ id: string }>, response: Response) => {
    const id = eitherRowId(request.params.id, 'Model');
    const model = id ? await visibleClient(prisma, principalOf(response)).model.findUnique({ where: { id } }) : null;
    if (!model || !isReady(model)) throw new HttpError(404, 'NOT_FOUND', 'There is no model with this id that is ready.');
    if (model.access !== 'GRADIENT')
      throw new HttpError(
        422,
        'UNSUPPORTED_OPERATION',
        'The model is a black box: it has no network that could be written as another file.',
      );
    const batch = Number(request.query['batch'] ?? 1);
    if (!Number.isInteger(batch) || batch < 1 || batch > LARGEST_BATCH) {
      throw new HttpError(400, 'BAD_REQUEST', `batch is a whole number from 1 to ${LARGEST_BATCH}.`);
    }
    const folders = modelFolders.lease();
    try {
      const bytes = await compute.exportOnnx(await modelFiles(folders, model), batch);
      response.set({ 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment; filename="model.onnx"' });
      response.end(bytes);
    } catch (error) {
      if (!(error instanceof ComputeError && error.code === 'UNSUPPORTED_OPERATION')) throw error;
      throw new HttpError(422, 'UNSUPPORTED_OPERATION', error.message);
    } finally {
      folders.release();
    }
  });
  return router;
}
