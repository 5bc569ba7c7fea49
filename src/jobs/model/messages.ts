/** What server and validation process say to each other. The process has run a stranger's model: what it says is checked like any input. @module */
import { z } from 'zod';
import {
  type ArchitectureRequest,
  type Endpoint,
  type EndpointCaller,
  type FileDescription,
  MODEL_ACCESS,
  MODEL_FORMATS,
  type ModelCard,
  type ModelFiles,
  type ModelLimits,
  partialSpecSchema,
  type RemotePolicy,
} from '../../compute/models/index.js';
import type { RangeReader } from '../../compute/data/index.js';
import type { CandidateData, CheckRequest } from '../../compute/host/index.js';
import type { EngineOptions } from '../../compute/engine/index.js';
import type { ArchiveLimits } from '../../storage/archive/index.js';
import { type ModelCardFields, modelCardSchema } from '../../results/model-card.js';
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
  /** Whether the files are to be described, also those of a model that is refused. */
  readonly describe?: boolean;
  /** How it is tried on them. */
  readonly check?: CheckRequest;
  readonly engine: Omit<EngineOptions, 'log'>;
  /** What the model may have; absent fields keep their defaults. */
  readonly limits?: Partial<ModelLimits>;
  readonly remote?: RemotePolicy;
}

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** As it can be stored: it quotes names of the file. */
const text = (maximum: number) => z.string().max(maximum).transform(storable);

/** Fields of a spec that say how pixels are prepared. */
const PREPARATION = { valueRange: true, channelOrder: true, mean: true, std: true, layout: true } as const;

const card = z.object({
  format: z.enum(MODEL_FORMATS).nullable(),
  access: z.enum(MODEL_ACCESS),
  spec: partialSpecSchema.required({ inputShape: true, classCount: true, valueRange: true, channelOrder: true }),
  output: z.enum(['LOGITS', 'PROBABILITIES', 'LABELS']),
  softmaxRemoved: z.boolean(),
  sigmoidRemoved: z.boolean(),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  parameterCount: count.nullable(),
  multiplyAdds: count.nullable(),
  operations: z.record(text(200), count),
  gradientsHealthy: z.boolean().nullable(),
  forwardDifference: z.number().nonnegative().nullable(),
  warnings: z.array(text(10_000)).max(1000),
  cleanCheck: z
    .object({
      dataset: text(200),
      n: count,
      right: count,
      isPoor: z.boolean(),
      tried: z
        .array(partialSpecSchema.pick(PREPARATION).required({ valueRange: true, channelOrder: true }).extend({ right: count }))
        .max(100),
      best: count.nullable(),
      order: z
        .object({ description: text(200), classMap: z.array(z.number().int().min(-1)).max(100_000), right: count, n: count })
        .nullable(),
    })
    .nullable(),
}) satisfies z.ZodType<ModelCard>;

/** Characters of a refusal's message. */
export const MAXIMUM_MESSAGE = 2000;

const refusal = z.object({ code: z.string().regex(/^[A-Z_]{1,50}$/), message: z.string().max(MAXIMUM_MESSAGE) });

const tensors = z
  .array(z.object({ name: text(1000), shape: z.array(count.nullable()).max(100).nullable(), type: text(50).nullable() }))
  .max(1000);

const file = z
  .object({
    format: z.enum(MODEL_FORMATS),
    bytes: count,
    producer: text(200).nullable(),
    opsets: z.record(text(200), z.number()),
    inputs: tensors,
    outputs: tensors,
    operators: z.record(text(200), count),
  })
  .optional() satisfies z.ZodType<FileDescription | undefined>;

/** Code of an error of the system, such as `ENOSPC`. */
const trouble = z.string().regex(/^[A-Z]{1,20}$/);

/** Fields of a card that its files give. */
const about = modelCardSchema
  .transform((fields): ModelCardFields => {
    const values = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? storable(value) : value]);
    return Object.fromEntries(values) as ModelCardFields;
  })
  .optional();

export const verdictSchema = z.union([z.object({ card, file, about }), z.object({ refusal, file }), z.object({ trouble })]);

export type Verdict = z.infer<typeof verdictSchema>;

/** What the validation process is asked. */
export interface ValidationFunctions {
  validate(request: ValidationRequest): Verdict;
}

/** What it may ask for. */
export interface ServerFunctions {
  /** For a process without network. */
  callEndpoint(endpoint: Parameters<EndpointCaller>[0], message: Parameters<EndpointCaller>[1]): Uint8Array;
  /** For a process without the store. */
  readStored(...range: Parameters<RangeReader>): Uint8Array;
}
