/** Where a model comes from. @module */
import type { Endpoint } from './black-box/remote/endpoint.js';
import type { ModelFormat } from './model-format.js';
import type { ModelAccess, ModelSpec } from './types.js';

/** A model on disk: a folder with its files. */
export interface ModelFiles {
  /** Default: as the files say. */
  readonly format?: ModelFormat;
  /** Folder that holds an `.onnx` file, or `model.json` and its weight shards (they may lie deeper, once). */
  readonly directory: string;
  readonly spec?: Partial<ModelSpec>;
  /** The most that is shown of it. Default: gradients. */
  readonly access?: ModelAccess;
}

/** A model that answers over HTTP. */
export interface RemoteModel {
  readonly endpoint: Endpoint;
  /** With `inputShape` and `classCount`. */
  readonly spec: Partial<ModelSpec>;
}

export type ModelSource = ModelFiles | RemoteModel;
