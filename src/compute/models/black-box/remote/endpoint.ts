/** What is known of a model that answers over HTTP. @module */
import { z } from 'zod';
import { LAYOUTS } from '../../layout.js';
import { PROTOCOLS, type ProtocolName } from './protocols/registry.js';
import type { Message } from './protocols/types.js';

/** Printable ASCII: what a header may hold. */
const headerValue = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII');

export const endpointSchema = z.object({
  url: z
    .string()
    .max(2000)
    .refine((text) => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol), 'must be a URL of http or https')
    .refine(
      (text) => !URL.canParse(text) || !(new URL(text).username || new URL(text).password),
      'must not hold a password: give `authorization`',
    ),
  protocol: z.enum(Object.keys(PROTOCOLS) as [ProtocolName, ...ProtocolName[]]),
  answers: z.enum(['LOGITS', 'PROBABILITIES', 'LABELS']),
  layout: z.enum(LAYOUTS),
  /** Most images in a request. */
  batchSize: z.number().int().min(1).max(1024),
  /** For one request, in which all of the answer must come. */
  timeoutSeconds: z.number().min(0.1).max(600),
  /** How often a request is sent again that failed in a way that may pass. */
  retries: z.number().int().min(0).max(10),
  /** Of each process that evaluates; undefined: no limit. */
  requestsPerSecond: z.number().int().min(1).max(10_000).optional(),
  /** Value of the header `Authorization`. */
  authorization: headerValue.optional(),
  /** A function on a client's machine: the address is that of the server that the client is connected to. No client can set it. */
  isFunction: z.boolean().optional(),
});

export type Endpoint = z.infer<typeof endpointSchema>;

/** How endpoints are called, whoever submitted them. */
export interface RemotePolicy {
  /** Networks such as `10.1.0.0/16` in which endpoints may be beside public addresses. */
  readonly networks: readonly string[];
  /** Of one answer. */
  readonly maximumResponseBytes: number;
}

export const DEFAULT_REMOTE_POLICY: RemotePolicy = { networks: [], maximumResponseBytes: 64 * 2 ** 20 };

/** Sends a message to an endpoint. @returns the body of its answer. @throws ComputeError as `EndpointClient.post` does. */
export type EndpointCaller = (endpoint: Endpoint, message: Message, signal?: AbortSignal) => Promise<Uint8Array>;
