/** Endpoints that a confined process has called for it: those, and no others, that it was given models at. Their authorization stays here. @module */
import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ComputeError } from '../errors.js';
import { type Endpoint, type EndpointCaller, type EndpointClient, openEndpoint, type RemotePolicy } from '../models/index.js';

/** Endpoints that are known at once. */
const KEPT = 1000;

/** Requests name models a few levels deep. */
const DEEPEST = 5;

/** Of what the process sends along, the rest is not its business. */
const HEADERS = ['accept', 'content-type'];

export class Endpoints {
  /** By the endpoint as the process knows it. */
  private readonly known = new LRUCache<string, Promise<EndpointClient>>({
    max: KEPT,
    dispose: (client) => void client.then((opened) => opened.close()).catch(() => undefined),
  });
  private readonly salt = randomUUID();

  constructor(private readonly policy: RemotePolicy) {}

  /** A request as the process gets it: its endpoints may be called from now on, and their authorization is replaced by a name for it. */
  withheld<T>(request: T, depth = DEEPEST): T {
    if (typeof request !== 'object' || request === null || ArrayBuffer.isView(request) || depth < 0) return request;
    if (Array.isArray(request)) return request.map((item: unknown) => this.withheld(item, depth - 1)) as T;
    const entries = Object.entries(request).map(([key, value]: [string, unknown]) => [
      key,
      key === 'endpoint' && isEndpoint(value) ? this.add(value) : this.withheld(value, depth - 1),
    ]);
    return Object.fromEntries(entries) as T;
  }

  /** @throws ComputeError REMOTE_ADDRESS_REFUSED where the process was given no such endpoint; as `EndpointClient.post` otherwise. */
  readonly call: EndpointCaller = async (endpoint, { headers, body }, signal) => {
    const client = this.known.get(JSON.stringify(endpoint));
    if (!client)
      throw new ComputeError('REMOTE_ADDRESS_REFUSED', 'The process called an endpoint of no model that it was given.', ['endpoint']);
    const sent = Object.entries(headers).filter(([name]) => HEADERS.includes(name.toLowerCase()));
    return (await client).post({ headers: Object.fromEntries(sent), body }, signal);
  };

  close(): void {
    this.known.clear();
  }

  private add(endpoint: Endpoint): Endpoint {
    const { authorization } = endpoint;
    const name = authorization && createHash('sha256').update(`${this.salt} ${authorization}`).digest('hex');
    const shown = name ? { ...endpoint, authorization: name } : endpoint;
    const key = JSON.stringify(shown);
    if (!this.known.has(key)) {
      const client = openEndpoint(endpoint, this.policy);
      // The process finds out by itself that the address is refused, and what it calls is told.
      client.catch(() => undefined);
      this.known.set(key, client);
    }
    return shown;
  }
}

const isEndpoint = (value: unknown): value is Endpoint =>
  typeof value === 'object' && value !== null && 'url' in value && 'protocol' in value;
