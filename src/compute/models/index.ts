/** Classifiers: read from files, built from architectures, or called behind an endpoint; what is known of them, and their functions. @module */
export { fingerprintOf } from './fingerprint.js';
export { type BuildOptions, architectures, buildArchitecture, findArchitecture } from './architectures/registry.js';
export type { ArchitectureRequest } from './architectures/request.js';
export type { Activation, Architecture } from './architectures/types.js';
export type { Layout } from './layout.js';
export { compareWithOnnxruntime } from './black-box/onnxruntime/comparison.js';
export { checkHost, guardedLookup } from './black-box/remote/addresses.js';
export {
  DEFAULT_REMOTE_POLICY,
  type Endpoint,
  type EndpointCaller,
  type RemotePolicy,
  endpointSchema,
} from './black-box/remote/endpoint.js';
export { type EndpointClient, isServerAway } from './black-box/remote/client.js';
export { PROTOCOLS, type ProtocolName } from './black-box/remote/protocols/registry.js';
export { modelCard } from './card.js';
export { checkFit } from './check-fit.js';
export { confidences } from './confidences.js';
export { properScores } from './proper-scores.js';
export { decide, type Decisions } from './decide.js';
export { classMapByNames, withFurtherMap } from './class-map.js';
export { describeItself, type SelfDescription, withMetadata } from './self-description.js';
export { type DeclaredTensor, describeFiles, type FileDescription } from './describe-files.js';
export { dryRun } from './dry-run.js';
export { asIfPrepared, describePreparation, usualPreparations } from './usual-preparations.js';
export { noiseImages, noiseTrial, trialImages } from './trial-images.js';
export { type Gradient, GRADIENTS } from './dataflow/gradient.js';
export type { Operator, OperatorTable } from './dataflow/operator.js';
export { identityGradient, stopGradient } from './dataflow/straight-through.js';
export { detectFormat } from './format.js';
export { accessOf, compileWithModel, differentiable, isBlackBox, predict } from './functions.js';
export { lacksGradient } from './lacks-gradient.js';
export { type LayersDifferentiableModel, layersModel, loadLayersModel } from './keras/index.js';
export { loadModel } from './load.js';
export { MODEL_FORMATS } from './model-format.js';
export type { ModelJson } from './model-json.js';
export { OPERATOR_TABLES, straightThroughGradients } from './operator-tables.js';
export { OLDEST_OPSET, PREPROCESSOR_FILE } from './onnx/file.js';
export { openEndpoint, openModel } from './open.js';
export { preprocess } from './preprocess.js';
export { isQuantized } from './quantized.js';
export { refuseForeignFile } from './foreign-files.js';
export { onnxFile } from './save-onnx.js';
export type { Forest } from './onnx/forest.js';
export { openBatch, type OpenedFile } from './onnx/open-batch.js';
export { safetensorsFile } from './save-safetensors.js';
export { saveLayersModel } from './keras/save.js';
export type { ModelFiles, ModelSource } from './source.js';
export { partialSpecSchema } from './spec.js';
export {
  type AnyModel,
  type BlackBoxModel,
  type Classifier,
  DEFAULT_MODEL_LIMITS,
  type DifferentiableModel,
  type DropoutLayer,
  MODEL_ACCESS,
  type ModelAccess,
  type CleanCheck,
  type PixelPreparation,
  type ModelCard,
  type OrderAdvice,
  type TriedPreparation,
  type LayerShape,
  type ModelLimits,
  type ModelSpec,
  type OutputKind,
} from './types.js';
