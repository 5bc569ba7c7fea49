/** Evaluating models on imported adversarial images. @module */
import type { Judging } from '../../compute/distances/index.js';
import { defaultJudging, imported } from '../../compute/evaluation/index.js';
import { bitDepthOf, levelTypeOf } from '../../compute/tensors/index.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { withArtifact } from '../../storage/artifact-rows.js';
import { bytesOfImages, imagesDescription } from '../../storage/images.js';
import type { Norm } from '../../storage/generated/client.js';
import { toDomainErrors } from '../domain-errors.js';
import { checkJudging, checkFit, checkParameters, checkPredictions, checkRange, requestHash } from '../evaluation/evaluation-request.js';
import type { QueuedEvaluation } from '../evaluation/evaluation-queue.js';
import type { EvaluationService } from '../evaluation/evaluations.js';
import { findDataset } from '../dataset/find-dataset.js';
import type { Principal } from '../token/principal.js';
import { visibleClient } from '../access/visibility.js';
import type { UploadService } from '../upload/uploads.js';

export interface ImportedImagesRequest {
  readonly modelIds: readonly (string | undefined)[];
  readonly datasetId: string | undefined;
  readonly uploadId: string | undefined;
  /** Array of the archive, where it has several. */
  readonly array?: string;
  readonly norm: Norm;
  /** Undefined: no limit. */
  readonly epsilon?: number;
  /** Undefined: the data set's default. */
  readonly judging?: Judging;
  readonly predictions: number;
  /** Example that the first image belongs to. */
  readonly offset: number;
}

export class ImportService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly evaluations: EvaluationService,
    private readonly uploads: UploadService,
  ) {}

  /** Keeps the images and queues one evaluation for each model, in this order. The upload is used up. */
  async start(principal: Principal, request: ImportedImagesRequest): Promise<QueuedEvaluation[]> {
    const { modelIds, datasetId, uploadId, array, offset, norm, epsilon, predictions } = request;
    checkPredictions(predictions);
    const { prisma, artifacts, compute, datasetSource } = this.environment;
    const dataset = await findDataset(visibleClient(prisma, principal), datasetId);
    const models = await this.evaluations.models(principal, modelIds, ['modelIds']);
    for (const model of models) checkFit(model, dataset);
    checkRange(dataset, offset, undefined);
    const upload = await this.uploads.completed(principal, uploadId);
    const parameters = await checkParameters(imported, { norm, epsilon }, []);
    const source = { array, dataset: await datasetSource(dataset), offset };
    const { count, images: pixels } = await artifacts.useFile(upload.artifactId, (file) =>
      toDomainErrors(() => compute.importImages({ ...source, file })),
    );
    const engine = await compute.engine();
    const description = imagesDescription(bitDepthOf(levelTypeOf(pixels)), dataset.imageShape);
    const bytes = () => [bytesOfImages(pixels)];
    const judging = request.judging ?? defaultJudging(dataset);
    checkJudging(dataset, judging);
    const evaluations = await withArtifact(prisma, artifacts, bytes, description, (images) => {
      const shared = {
        dataset,
        attack: imported,
        parameters,
        offset,
        sampleCount: count,
        seed: 0,
        keepImages: true,
        judging,
        predictions,
        images,
        engine,
      };
      const planned = models.map((model) => ({ ...shared, model, hash: requestHash({ ...shared, model }) }));
      return this.evaluations.withEvaluations(principal, planned, (_tx, rows) => Promise.resolve(rows));
    });
    await this.uploads.remove(upload.id);
    return evaluations;
  }
}
