/** What server and validation process say to each other. The process has run a stranger's model: what it says is checked like any input. @module */
import { z } from 'zod';
import {
  type ArchitectureRequest,
  type Endpoint,
  type EndpointCaller,
  MODEL_ACCESS,
  MODEL_FORMATS,
  type ModelCard,
  type ModelFiles,
  type ModelLimits,
  partialSpecSchema,
  type RemotePolicy,
} from '../../compute/models/index.js';
import type { CandidateData } from '../../compute/host/index.js';
import type { EngineOptions } from '../../compute/engine/index.js';
import type { ArchiveLimits } from '../../storage/archive/index.js';
import { storable } from '../../storage/text.js';

export interface ValidationRequest {
  /** An archive to unpack, an architecture to build, or an endpoint to ask. */
  readonly source:
    | { readonly archive: string; readonly limits: ArchiveLimits }
    | { readonly architecture: ArchitectureRequest }
    | { readonly endpoint: Endpoint };
  /** Folder for the model's files. */
  readonly directory: string;
  readonly format: ModelFiles['format'];
  readonly spec: ModelFiles['spec'];
  readonly access?: ModelFiles['access'];
  /** Data sets of this machine, of which one may fit the model. */
  readonly datasets?: readonly CandidateData[];
  readonly engine: Omit<EngineOptions, 'log'>;
  /** What the model may have; absent fields keep their defaults. */
  readonly limits?: Partial<ModelLimits>;
  readonly remote?: RemotePolicy;
}

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** As it can be stored: it quotes names of the file. */
const text = (maximum: number) => z.string().max(maximum).transform(storable);

const card = z.object({
  format: z.enum(MODEL_FORMATS).nullable(),
  access: z.enum(MODEL_ACCESS),
  spec: partialSpecSchema.required({ inputShape: true, classCount: true, valueRange: true, channelOrder: true }),
  output: z.enum(['LOGITS', 'PROBABILITIES', 'LABELS']),
  softmaxRemoved: z.boolean(),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  parameterCount: count.nullable(),
  multiplyAdds: count.nullable(),
  operations: z.record(text(200), count),
  gradientsHealthy: z.boolean().nullable(),
  forwardDifference: z.number().nonnegative().nullable(),
  warnings: z.array(text(10_000)).max(1000),
}) satisfies z.ZodType<ModelCard>;

/** Characters of a refusal's message. */
export const MAXIMUM_MESSAGE = 2000;

const refusal = z.object({ code: z.string().regex(/^[A-Z_]{1,50}$/), message: z.string().max(MAXIMUM_MESSAGE) });

export const verdictSchema = z.union([z.object({ card }), z.object({ refusal })]);

export type Verdict = z.infer<typeof verdictSchema>;

/** What the validation process is asked. */
export interface ValidationFunctions {
  validate(request: ValidationRequest): Verdict;
}

/** What it may ask for. */
export interface ServerFunctions {
  /** For a process without network. */
  callEndpoint(endpoint: Parameters<EndpointCaller>[0], message: Parameters<EndpointCaller>[1]): Uint8Array;
}
