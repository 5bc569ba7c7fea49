/** Every bad file: the same at each run, for all that is random in them is seeded. @module */
import { archives } from './archives.js';
import { onnxFiles } from './onnx.js';
import { tensorflowJsFiles } from './tensorflow-js.js';
import type { BadFile } from './types.js';

const of = (kind: string, files: readonly BadFile[]) => files.map((file) => ({ ...file, name: `${kind}: ${file.name}` }));

export const BAD_FILES: readonly BadFile[] = [
  ...of('archive', archives),
  ...of('ONNX', onnxFiles),
  ...of('TensorFlow.js', tensorflowJsFiles),
];
