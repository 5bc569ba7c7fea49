/** Models that answer over HTTP. @module */
import { ComputeError } from '../../../errors.js';
import type { RemoteModel } from '../../source.js';
import { fingerprintOf } from '../../fingerprint.js';
import { completeSpec } from '../../spec.js';
import type { BlackBoxModel, ModelSpec } from '../../types.js';
import { inBatches, labelScores } from '../answers.js';
import { networkInput } from '../network-input.js';
import { checkHost } from './addresses.js';
import { EndpointClient, remoteFailure } from './client.js';
import type { EndpointCaller, RemotePolicy } from './endpoint.js';
import { PROTOCOLS } from './protocols/registry.js';

/**
 * Calls nobody yet. Its fingerprint is that of the address and of how it is asked: what computes behind it is not known, and may change.
 * @param caller calls for a process that has no network; default: this process calls itself.
 * @throws ComputeError INVALID_MODEL (a spec without shape or number of classes) or REMOTE_ADDRESS_REFUSED.
 */
export function remoteModel({ endpoint, spec: given }: RemoteModel, policy: RemotePolicy, caller?: EndpointCaller): BlackBoxModel {
  const spec = specOf(given);
  const { url, protocol: name, answers, layout, batchSize } = endpoint;
  const protocol = PROTOCOLS[name];
  const { isFunction = false } = endpoint;
  if (!isFunction) checkHost(new URL(url), policy.networks);
  const client = caller ? undefined : new EndpointClient(endpoint, policy);
  const post: EndpointCaller = caller ?? ((_endpoint, message, signal) => client!.post(message, signal));
  const decoded = (body: Uint8Array) => {
    try {
      return protocol.decode(body);
    } catch (error) {
      throw remoteFailure(endpoint, `of its answer, ${(error as Error).message}`);
    }
  };
  return {
    spec,
    output: answers,
    access: answers === 'LABELS' ? 'DECISION' : 'SCORE',
    fingerprint: fingerprintOf({}, spec, { url: isFunction ? new URL(url).pathname : url, protocol: name, answers, layout }),
    operations: {},
    parameterCount: null,
    warnings: [
      isFunction
        ? 'The model is a function on the machine of a client: it can be evaluated while that client is connected.'
        : 'The model is behind an endpoint: what computes there may change without its fingerprint changing.',
      ...(endpoint.authorization && !isFunction && url.startsWith('http:')
        ? ['Its authorization is sent without encryption: give an address of https.']
        : []),
    ],
    predict: (images, signal) =>
      inBatches(images, batchSize, spec.classCount, async (batch) => {
        const answer = decoded(await post(endpoint, protocol.encode(networkInput(spec, layout, batch)), signal));
        checkAnswer(answer, batch.shape[0]! * (answers === 'LABELS' ? 1 : spec.classCount));
        return answers === 'LABELS' ? labelScores(answer, spec.classCount) : answer;
      }),
    close: async () => client?.close(),
  };

  function checkAnswer(answer: ArrayLike<number>, expected: number): void {
    if (answer.length !== expected)
      throw remoteFailure(endpoint, `its answer holds ${answer.length} numbers, where ${expected} were expected`);
    if (Array.from(answer).every(Number.isFinite)) return;
    if (isFunction)
      throw new ComputeError('REMOTE_MODEL_FAILED', 'The function returned NaN or infinity: return finite scores for every image.', [
        'function',
      ]);
    throw remoteFailure(endpoint, 'its answer holds NaN or infinity');
  }
}

function specOf(given: Partial<ModelSpec>): ModelSpec {
  if (given.inputShape && given.classCount !== undefined) return completeSpec(given, given.inputShape, [given.classCount]);
  throw new ComputeError('INVALID_MODEL', 'A model behind an endpoint needs spec.inputShape and spec.classCount.', ['spec']);
}
