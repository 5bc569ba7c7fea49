/** Every model that can be attacked, wherever it is. @module */
import type { Engine } from '../engine/index.js';
import type { ModelSource } from './source.js';
import { onnxruntimeModel } from './black-box/onnxruntime/index.js';
import type { Endpoint, EndpointCaller, RemotePolicy } from './black-box/remote/endpoint.js';
import type { EndpointClient } from './black-box/remote/client.js';
import { hasPreprocessor } from './preprocessor.js';
import { withheld } from './black-box/withheld.js';
import { withClassMap } from './class-map.js';
import { detectFormat } from './format.js';
import { loadModel, readable } from './load.js';
import type { AnyModel, ModelLimits } from './types.js';

export interface OpeningOptions {
  readonly engine: Engine;
  readonly limits: ModelLimits;
  readonly remote: RemotePolicy;
  /** Calls endpoints; default: this process. */
  readonly callEndpoint?: EndpointCaller;
}

/**
 * Files give gradients unless their submitter says otherwise: then an ONNX file is run by onnxruntime as it is, whatever its operators, and of other formats
 * only its predictions are shown.
 * @throws ComputeError as {@link loadModel}, and REMOTE_ADDRESS_REFUSED.
 */
export function openModel(source: ModelSource, options: OpeningOptions): Promise<AnyModel> {
  return withClassMap(source.spec, (spec) => openNetwork({ ...source, spec }, options));
}

async function openNetwork(source: ModelSource, { engine, limits, remote, callEndpoint }: OpeningOptions): Promise<AnyModel> {
  if ('endpoint' in source) {
    // What calls over HTTP takes as long to load as all else that opens models, and files need not wait for it.
    const { remoteModel } = await import('./black-box/remote/index.js');
    return remoteModel(source, remote, callEndpoint);
  }
  const { access = 'GRADIENT', directory } = source;
  if (access === 'GRADIENT') return loadModel(source, limits);
  if ((await detectFormat(directory, limits)) === 'ONNX' && !(await hasPreprocessor(directory)))
    return readable(() => onnxruntimeModel(source, access, limits));
  return withheld(engine, await loadModel(source, limits), access);
}

/** Calls an endpoint as its models are called. What calls over HTTP is loaded by the first use. */
export async function openEndpoint(endpoint: Endpoint, policy: RemotePolicy): Promise<EndpointClient> {
  const { EndpointClient } = await import('./black-box/remote/client.js');
  return new EndpointClient(endpoint, policy);
}
