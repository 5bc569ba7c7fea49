/** All operators of ONNX that have an implementation. @module */
import type { OperatorTable } from '../../dataflow/operator.js';
import { arithmetic } from './arithmetic.js';
import { attentions } from './attention.js';
import { convolutions } from './convolutions.js';
import { creation } from './creation.js';
import { elementwise } from './elementwise.js';
import { gridSampling } from './grid-sampling.js';
import { indexing } from './indexing.js';
import { matrices } from './matrices.js';
import { microsoft } from './microsoft.js';
import { nchwc } from './nchwc.js';
import { normalizations } from './normalizations.js';
import { poolings } from './pooling.js';
import { quantization } from './quantization.js';
import { random } from './random.js';
import { reductions } from './reductions.js';
import { resizing } from './resizing.js';
import { scatters } from './scatter.js';
import { selections } from './selection.js';
import { shapes } from './shapes.js';
import { traditional } from './traditional/index.js';

export const onnxOperators: OperatorTable = {
  ...arithmetic,
  ...attentions,
  ...convolutions,
  ...creation,
  ...elementwise,
  ...gridSampling,
  ...indexing,
  ...matrices,
  ...microsoft,
  ...nchwc,
  ...normalizations,
  ...poolings,
  ...quantization,
  ...random,
  ...reductions,
  ...resizing,
  ...scatters,
  ...selections,
  ...shapes,
  ...traditional,
};
