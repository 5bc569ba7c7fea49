/**
 * `POST /uploads` opens an upload, `PUT /uploads/:id` sends bytes (the whole file, or from `Upload-Offset` or `Content-Range` on), `HEAD` and
 * `GET /uploads/:id` say how many bytes are there.
 * @module
 */
import express, { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { UploadPart, UploadService, UploadStatus } from '../services/upload/uploads.js';
import { isRowId } from '../storage/row-id.js';
import { isStorable } from '../storage/text.js';
import { principalOf, route } from './admission.js';
import { HttpError } from './errors.js';

const declaration = z
  .object({
    size: z.number().int().nonnegative().optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i)
      .transform((hash) => hash.toLowerCase())
      .optional(),
    fileName: z.string().max(255).refine(isStorable, 'must be text without NUL').optional(),
  })
  .default({});

export function uploadRoutes(uploads: UploadService): Router {
  const router = Router();

  route(router, 'POST /uploads', express.json({ limit: '10kb' }), async (request: Request, response: Response) => {
    const declared = declaration.safeParse(request.body ?? undefined);
    if (!declared.success) {
      const [issue] = declared.error.issues;
      throw new HttpError(400, 'INVALID', `${issue!.path.join('.') || 'body'}: ${issue!.message}`);
    }
    const upload = await uploads.open(principalOf(response), declared.data);
    response
      .status(201)
      .location(`/uploads/${upload.id}`)
      .json(describe({ upload, received: 0 }));
  });

  route(router, 'PUT /uploads/:id', async (request: Request<{ id: string }>, response: Response) => {
    const status = await uploads.write(principalOf(response), idOf(request), request, partOf(request));
    sendStatus(response, status);
  });

  // Express answers HEAD by this, too.
  route(router, 'GET /uploads/:id', async (request: Request<{ id: string }>, response: Response) => {
    sendStatus(response, await uploads.status(principalOf(response), idOf(request)));
  });
  return router;
}

function idOf({ params: { id } }: Request<{ id: string }>): string {
  if (!isRowId(id)) throw new HttpError(404, 'NOT_FOUND', 'There is no upload with this id.');
  return id;
}

function partOf(request: Request<{ id: string }>): UploadPart {
  const range = request.header('content-range');
  if (range !== undefined) {
    const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range);
    if (!match) throw new HttpError(400, 'INVALID', 'Content-Range must look like "bytes 0-1023/4096".');
    const [first, last, total] = [Number(match[1]), Number(match[2]), match[3] === '*' ? undefined : Number(match[3])];
    if (last < first || (total !== undefined && last >= total))
      throw new HttpError(400, 'INVALID', `Content-Range is from the first byte to the last, of those before the total: ${range} is not.`);
    return { offset: first, length: last - first + 1, total };
  }
  const offset = request.header('upload-offset');
  if (offset !== undefined) {
    if (!/^\d+$/.test(offset)) throw new HttpError(400, 'INVALID', 'Upload-Offset must be a whole number.');
    return { offset: Number(offset) };
  }
  const length = request.header('content-length');
  return { total: length === undefined ? undefined : Number(length) };
}

function describe({ upload, received }: UploadStatus) {
  const { id, state, sha256, size, fileName } = upload;
  return { id, state, received, size: size === null ? null : Number(size), sha256: state === 'COMPLETE' ? sha256 : null, fileName };
}

function sendStatus(response: Response, status: UploadStatus): void {
  response.set('Upload-Offset', String(status.received));
  if (status.upload.size !== null) response.set('Upload-Length', String(status.upload.size));
  response.set('Cache-Control', 'no-store').json(describe(status));
}
