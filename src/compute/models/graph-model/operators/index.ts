/** All operators of GraphModels that have an implementation. @module */
import type { OperatorTable } from '../../dataflow/operator.js';
import { elementwise } from './elementwise.js';
import { layers } from './layers.js';
import { shapes } from './shapes.js';

export const graphModelOperators: OperatorTable = { ...elementwise, ...layers, ...shapes };
