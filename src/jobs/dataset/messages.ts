/** What server and process say to each other when an uploaded data set is read. @module */
import { z } from 'zod';
import {
  type DatasetCard,
  descriptionSchema,
  type UploadInspection,
  type UploadLimits,
  type UploadResizing,
  uploadFormats,
} from '../../compute/data/index.js';
import type { ArchiveLimits } from '../../storage/archive/index.js';
import { storable } from '../../storage/text.js';
import { MAXIMUM_MESSAGE } from '../model/messages.js';

/** An upload, and what to make of it. */
export interface UploadToRead {
  /** The file that was uploaded. */
  readonly upload: string;
  /** What its owner called it. */
  readonly fileName: string | null;
  /** An empty folder, for what is unpacked and written. */
  readonly directory: string;
  readonly format?: string;
  readonly split: 'train' | 'test';
  readonly classNames?: readonly string[];
  readonly resizing?: UploadResizing;
  readonly channels?: 1 | 3;
  readonly archives: ArchiveLimits;
  readonly limits: UploadLimits;
}

export interface DatasetRequest extends UploadToRead {
  /** File to write, in the folder. */
  readonly target: string;
}

export interface DatasetInspectionRequest extends UploadToRead {
  /** Images that are decoded. */
  readonly imageCount: number;
}

const names = uploadFormats.map(({ name }) => name);

const format = z.enum(names as [(typeof names)[number], ...typeof names]);

const card = descriptionSchema.omit({ version: true }).extend({
  format,
  classNames: z.array(z.string().max(1000).transform(storable)),
  groupNames: z.array(z.string().max(1000).transform(storable)).optional(),
  preparation: z.string().max(2000).transform(storable),
}) satisfies z.ZodType<DatasetCard>;

const refusal = z.object({ code: z.string().regex(/^[A-Z_]{1,50}$/), message: z.string().max(MAXIMUM_MESSAGE) });

export const datasetVerdictSchema = z.union([z.object({ card }), z.object({ refusal })]);
export type DatasetVerdict = z.infer<typeof datasetVerdictSchema>;

const count = z.number().int().nonnegative();
const name = z.string().transform((text) => storable(text.slice(0, 1000)));

const inspection = z.object({
  format: format.optional(),
  files: z.object({ count, bytes: count, names: z.array(name).max(100) }),
  exampleCount: count,
  decodedCount: count,
  images: z
    .array(
      z.object({
        shape: z.tuple([count, count, count]),
        bitDepth: z.union([z.literal(8), z.literal(16), z.literal(32)]),
        count,
        at: name,
      }),
    )
    .max(100),
  classes: z.array(z.object({ name, count })).max(1_000_000),
  preparation: z.string().max(2000).transform(storable).optional(),
  warnings: z.array(z.string().max(10_000).transform(storable)).max(100),
  problems: z.array(refusal.extend({ at: name.nullable() })).max(100),
  problemCount: count,
}) satisfies z.ZodType<UploadInspection>;
export type DatasetInspection = z.infer<typeof inspection>;

export const datasetInspectionSchema = z.union([z.object({ inspection }), z.object({ refusal })]);
export type DatasetInspectionVerdict = z.infer<typeof datasetInspectionSchema>;

/** What the process is asked. */
export interface DatasetFunctions {
  read(request: DatasetRequest): DatasetVerdict;
  inspect(request: DatasetInspectionRequest): DatasetInspectionVerdict;
}
