/** Properties of models in words. @module */
import type { ModelFormat, Visibility } from '../../data/generated';

/** What attacks can use. */
export const ACCESS = { GRADIENT: 'gradients', SCORE: 'scores only', DECISION: 'decisions only' } as const;

export const FORMATS: Readonly<Record<ModelFormat, string>> = {
  ONNX: 'ONNX',
  TFJS_GRAPH_MODEL: 'TensorFlow.js graph',
  LAYERS_MODEL: 'layers model',
};

export const VISIBILITIES: readonly { readonly value: Visibility; readonly label: string }[] = [
  { value: 'PUBLIC', label: 'everyone' },
  { value: 'LISTED', label: 'results for everyone' },
  { value: 'PRIVATE', label: 'owner only' },
];

/** A model's name, with its version where it is not the first. */
export const versioned = ({ name, version }: { readonly name: string; readonly version: number }): string =>
  version > 1 ? `${name}, version ${version}` : name;
