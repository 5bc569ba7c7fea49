/** Operators of the domain `ai.onnx.ml`, as converters of scikit-learn, XGBoost and LightGBM write them. @module */
import type { OperatorTable } from '../../../dataflow/operator.js';
import { linear } from './linear.js';
import { preparations } from './preparations.js';
import { supportVectors } from './support-vectors.js';
import { trees } from './trees.js';

export const traditional: OperatorTable = { ...linear, ...preparations, ...supportVectors, ...trees };
