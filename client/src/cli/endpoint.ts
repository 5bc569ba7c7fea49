/** A model behind an HTTP endpoint, as `gauntlet submit` is told of it. @module */
import type { Command } from 'commander';
import { GauntletError } from '../errors.js';
import type { EndpointInput, EndpointProtocol, ImageLayout, OutputKind } from '../generated.js';
import { number, wholeNumber } from './values.js';

/** Arguments show in lists of processes; the environment does not. */
const SECRET = 'GAUNTLET_ENDPOINT_AUTHORIZATION';

export interface EndpointOptions {
  readonly protocol?: EndpointProtocol;
  readonly answers?: OutputKind;
  readonly layout?: ImageLayout;
  readonly batchSize?: number;
  readonly timeout?: number;
  readonly rate?: number;
  readonly retries?: number;
}

export function addEndpointOptions(command: Command): Command {
  return command
    .optionsGroup(`Options for an endpoint (its header Authorization is taken from ${SECRET}):`)
    .option('--protocol <protocol>', 'JSON (also KServe V1), KSERVE_V2 or RAW_FLOAT32 (default: JSON)')
    .option('--answers <kind>', 'what it answers: LOGITS, PROBABILITIES or LABELS')
    .option('--layout <layout>', 'axes of an image: CHANNELS_LAST or CHANNELS_FIRST (default: CHANNELS_LAST)')
    .option('--batch-size <n>', 'most images in a request', wholeNumber)
    .option('--timeout <seconds>', 'how long an answer may take', number)
    .option('--rate <n>', 'most requests a second', wholeNumber)
    .option('--retries <n>', 'how often a request that failed is sent again', wholeNumber);
}

export function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:/i.test(text);
}

/** @throws GauntletError where it is not said what the endpoint answers. */
export function endpointInput(url: string, options: EndpointOptions): EndpointInput {
  const { answers } = options;
  if (!answers) throw new GauntletError('INVALID_ARGUMENT', 'Say what the endpoint returns: --answers LOGITS, PROBABILITIES or LABELS.');
  return { ...settings(options), url, answers, authorization: process.env[SECRET] };
}

/** @throws GauntletError where a file is given an option for an endpoint. */
export function refuseEndpointOptions(path: string, options: EndpointOptions): void {
  if (Object.values(settings(options)).some((value) => value !== undefined))
    throw new GauntletError('INVALID_ARGUMENT', `Options of an endpoint need an http or https address, and ${path} is none.`);
}

function settings({ protocol, answers, layout, batchSize, timeout, rate, retries }: EndpointOptions): Partial<EndpointInput> {
  return { protocol, answers, layout, batchSize, timeoutSeconds: timeout, requestsPerSecond: rate, retries };
}
