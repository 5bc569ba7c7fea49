/** What a classical classifier is: it is fitted to examples at once, and becomes an ONNX graph. One kind is one file and one line in `registry.ts`. @module */
import type { ModelAccess } from '../../models/index.js';
import type { ParameterSpecs, ValuesOf } from '../../parameters/index.js';
import type { OnnxGraph } from './onnx-graph.js';

/** Images as rows of pixel values in [0, 1]. */
export interface Examples {
  /** `[count, size]`. */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
  readonly size: number;
  readonly classes: number;
}

export interface Fitting {
  readonly seed: number;
  /** Lets others have the thread for a moment. @throws ComputeError CANCELLED where the work is not wanted any more. */
  pause(): Promise<void>;
}

export interface ClassifierReference {
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  /** arXiv id, DOI or ISBN. */
  readonly link: string;
}

/** Define one by {@link defineClassifier}, which infers the types of its parameters' values. */
export interface ClassifierDefinition<Specs extends ParameterSpecs = ParameterSpecs> {
  /** Member of `ClassifierInput`, such as `svm`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What attacks have of it: trees and neighbours have no gradient. */
  readonly access: ModelAccess;
  readonly reference: ClassifierReference;
  readonly parameters: Specs;
  /** Most examples that it can be fitted to: the memory of a kernel's matrix. Default: any number. */
  readonly mostExamples?: number;
  /** @returns a graph from pixels `[n, size]` to scores `[n, classes]`. Depends on examples, parameters and seed alone. */
  fit(examples: Examples, parameters: ValuesOf<Specs>, fitting: Fitting): Promise<OnnxGraph>;
}

/** A classifier whose function is given checked parameters, each with the type that its description says. */
export function defineClassifier<Specs extends ParameterSpecs>(classifier: ClassifierDefinition<Specs>): ClassifierDefinition {
  return classifier;
}
