/** Labelled 8-bit images: formats of data sets, and transformations of images. @module */
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
} from './types.js';
