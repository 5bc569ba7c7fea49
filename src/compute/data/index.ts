/** Labelled images: formats of data sets, and transformations of images. @module */
export { type ContainerDescription, descriptionSchema, openContainer, STORED_FORMAT } from './container.js';
export { type CorruptedPart, corruptedParts, hasCorruptedParts } from './corrupted-parts.js';
export {
  checkCorruption,
  corrupted,
  type CorruptionStep,
  corruptions,
  corruptionScaleOf,
  findCorruption,
  SEVERITIES,
} from './corruptions/registry.js';
export { type Corruption, CORRUPTION_GROUPS, type CorruptionGroup, type CorruptionScale } from './corruptions/types.js';
export { DEFAULT_DATA_MEMORY, type Examples, type SharedExamples, openShared, shareExamples } from './examples.js';
export { inMemory } from './in-memory.js';
export { KeptBatches } from './kept-batches.js';
export { checkImagesFit } from './memory.js';
export { readNpz } from './npz.js';
export { datasetFiles, datasetFormats, findDatasetFormat, openDataset } from './registry.js';
export { DEFAULT_RESIZING, findResizing, resizings } from './resizing/registry.js';
export { CROP, type Resizing, type ResizingName } from './resizing/types.js';
export { findTransformation, transformations } from './transformations/registry.js';
export type { TransformationStep } from './transformations/types.js';
export {
  batches,
  type Dataset,
  type DatasetFormat,
  type DatasetInfo,
  type DatasetSource,
  type DatasetSplit,
  type ExampleReader,
  type ImageBatch,
  type RangeReader,
} from './types.js';
export { ingestUpload } from './uploads/ingest.js';
export { inspectUpload, type UploadInspection } from './uploads/inspect.js';
export type { DatasetCard, UploadLimits, UploadRequest } from './uploads/request.js';
export { uploadFormats } from './uploads/registry.js';
export type { UploadResizing } from './uploads/resize.js';
export type { UploadFormatName } from './uploads/types.js';
