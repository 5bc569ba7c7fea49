/** Looks at an uploaded model as its validation would, and keeps nothing. @module */
import type { FileDescription, ModelCard, ModelSpec } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import { validationRequest } from '../../jobs/model/request.js';
import { JobFailed, type JobEnvironment } from '../../jobs/types.js';
import type { Principal } from '../token/principal.js';
import type { UploadService } from '../upload/uploads.js';

export interface InspectionRequest {
  readonly uploadId: string | undefined;
  readonly spec: Partial<ModelSpec>;
  /** On whose images clean accuracy is measured. */
  readonly checkDatasetId?: string;
}

export interface InspectedModel {
  /** Undefined where the files cannot be read. */
  readonly file?: FileDescription;
  /** As it would be accepted; undefined where it is refused. */
  readonly card?: ModelCard;
  /** Of the model, or of its gradients. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

export class ModelInspector {
  /** Who has one looked at: it is a process of the memory of a validation. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly environment: JobEnvironment,
    private readonly uploads: UploadService,
  ) {}

  /** @throws DomainError NOT_FOUND, VALIDATION, or CONFLICT while the principal has another looked at. */
  async inspect(principal: Principal, request: InspectionRequest, signal: AbortSignal): Promise<InspectedModel> {
    const { artifactId } = await this.uploads.completed(principal, request.uploadId);
    if (this.busy.has(principal.name))
      throw new DomainError('CONFLICT', 'Another model of yours is being inspected. Wait until that ends.', ['uploadId']);
    this.busy.add(principal.name);
    try {
      const first = await this.look(artifactId, request, 'GRADIENT', signal);
      if (first.refusal?.code !== 'UNSUPPORTED_OPERATION') return first;
      const { card } = await this.look(artifactId, request, 'SCORE', signal);
      return { ...first, card };
    } finally {
      this.busy.delete(principal.name);
    }
  }

  private async look(
    artifactId: string,
    { spec, checkDatasetId }: InspectionRequest,
    access: 'GRADIENT' | 'SCORE',
    signal: AbortSignal,
  ): Promise<InspectedModel> {
    const { artifacts, modelFolders, validation } = this.environment;
    return modelFolders.temporary((directory) =>
      artifacts.useFile(artifactId, async (archive) => {
        const source = { archive, limits: validation.archives };
        const wanted = {
          source,
          directory,
          spec,
          access,
          format: undefined,
          checkDatasetId: checkDatasetId ?? null,
          expectedCleanAccuracy: null,
        };
        const asked = { ...(await validationRequest(this.environment, wanted)), describe: true };
        try {
          const verdict = await validation.validate(asked, signal);
          if ('trouble' in verdict) throw new Error(`The inspection ended by an error of the system: ${verdict.trouble}.`);
          return verdict;
        } catch (error) {
          if (!(error instanceof JobFailed)) throw error;
          return { refusal: { code: error.code, message: error.message } };
        }
      }),
    );
  }
}
