/**
 * Functions on machines of clients as models. To jobs such a model is an endpoint at the server that its client is connected to, with a secret of its own; the client
 * opens the connection, and needs no open port.
 * @module
 */
import { EventEmitter, once } from 'node:events';
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { ComputeError } from '../../compute/errors.js';
import type { Endpoint, ModelSpec } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import { endpointOf as withSecret } from '../../jobs/model/model-files.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { endpointOf, toJson } from '../../storage/json.js';
import type { Model } from '../../storage/generated/client.js';
import { visibleClient } from '../access/visibility.js';
import { recordAudit } from '../audit/audit.js';
import { checkMayChange, type Principal } from '../token/principal.js';
import { ConnectedFunction, ConnectionLost, type FunctionConnection } from './connected-function.js';
import type { RequestedDetails, ModelService } from './models.js';

/** What its client says of a function. */
export type FunctionRequest = Pick<Endpoint, 'answers' | 'layout' | 'batchSize' | 'timeoutSeconds'>;

export interface FunctionLimits {
  /** Functions that a token name may have connected. */
  readonly maxPerName: number;
  /** How long a call waits for a client that is not connected. */
  readonly reconnectMs: number;
}

/** Where calls are answered, below the address of a server. */
export const CALL_PATH = '/internal/functions';

/** Of a call of a server that is away: a minute, in which it may start again. */
const RETRIES = 8;

/** How often a call that waits looks whether the client is connected to another server. */
const LOOK_MS = 500;

const SECRET_BYTES = 32;

export class FunctionService {
  /** Where other processes reach this server. */
  address = '';
  private readonly connected = new Map<string, ConnectedFunction>();
  private readonly arrivals = new EventEmitter().setMaxListeners(0);

  constructor(
    private readonly environment: JobEnvironment,
    private readonly models: ModelService,
    private readonly limits: FunctionLimits,
  ) {}

  /** Keeps the function as a model and queues its validation, which waits for the client. */
  submit(principal: Principal, details: RequestedDetails, request: FunctionRequest, spec: Partial<ModelSpec>) {
    const id = randomUUID();
    const endpoint: Endpoint = {
      ...request,
      url: this.urlOf(id),
      protocol: 'RAW_FLOAT32',
      retries: RETRIES,
      authorization: `Bearer ${randomBytes(SECRET_BYTES).toString('base64url')}`,
      isFunction: true,
    };
    return this.models.submitFunction(principal, details, id, endpoint, spec);
  }

  /** A function that the principal may connect. @throws DomainError NOT_FOUND, FORBIDDEN or VALIDATION. */
  async find(principal: Principal, modelId: string | undefined): Promise<Model> {
    const model = modelId && (await visibleClient(this.environment.prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelId']);
    checkMayChange(principal, model, 'model', ['modelId']);
    if (!endpointOf(model)?.isFunction)
      throw new DomainError('VALIDATION', `The model "${model.name}" is no function: submit one with \`function\`.`, ['modelId']);
    return model;
  }

  /**
   * Has calls of a model answered by a connection, in place of the one before, if there is one.
   * @param model as {@link find} returns it. @throws DomainError LIMIT_EXCEEDED
   */
  async connect(principal: Principal, model: Model, connection: FunctionConnection): Promise<ConnectedFunction> {
    const { prisma } = this.environment;
    const { maxPerName } = this.limits;
    const others = [...this.connected].filter(([id, { terms }]) => id !== model.id && terms.owner === principal.name);
    if (others.length >= maxPerName)
      throw new DomainError('LIMIT_EXCEEDED', `A token name may have ${maxPerName} functions connected at the same time. End one first.`);
    const endpoint = await withSecret(this.environment, model);
    const terms = { owner: principal.name, secret: endpoint.authorization ?? '', timeoutSeconds: endpoint.timeoutSeconds };
    const connected = new ConnectedFunction(terms, connection);
    const { authorization: _, ...shown } = endpoint;
    const url = this.urlOf(model.id);
    if (url !== endpoint.url) await prisma.model.update({ where: { id: model.id }, data: { endpoint: toJson({ ...shown, url }) } });
    await recordAudit(prisma, principal, 'FUNCTION_CONNECTED', { type: 'Model', id: model.id, name: model.name });
    this.connected.get(model.id)?.close(REPLACED, 'Another connection of this function replaced this one.');
    this.connected.set(model.id, connected);
    this.arrivals.emit(model.id);
    return connected;
  }

  /** The connection has ended, however it did. */
  disconnect(modelId: string, connected: ConnectedFunction): void {
    connected.lose();
    if (this.connected.get(modelId) === connected) this.connected.delete(modelId);
  }

  /** @throws DomainError UNAUTHENTICATED where the caller is none of this installation's processes. */
  async checkCaller(modelId: string | undefined, authorization: string | undefined): Promise<void> {
    const secret = modelId && (this.connected.get(modelId)?.terms.secret ?? (await this.secretOf(modelId)));
    const [expected, found] = [secret, authorization].map((text) => Buffer.from(text ?? ''));
    if (expected!.length > 0 && expected!.length === found!.length && timingSafeEqual(expected!, found!)) return;
    throw new DomainError(
      'UNAUTHENTICATED',
      "Only workers and servers may call a client's function, with the secret that it has for them.",
    );
  }

  /**
   * Sends images to a function. A client whose connection broke is waited for, and gets them again.
   * @param body images as the protocol RAW_FLOAT32 has them. @param forward to another server, if the client is connected there; undefined: the call has been forwarded.
   * @returns its answer, in the same protocol. @throws ComputeError FUNCTION_NOT_CONNECTED, FUNCTION_FAILED, or CANCELLED by `signal`.
   */
  async call(
    modelId: string,
    body: Uint8Array,
    signal: AbortSignal,
    forward: ((url: string) => Promise<Uint8Array | undefined>) | undefined,
  ): Promise<Uint8Array> {
    for (let until = Date.now() + this.limits.reconnectMs; Date.now() < until;) {
      if (signal.aborted) throw new ComputeError('CANCELLED', 'The call was cancelled.');
      const here = this.connected.get(modelId);
      if (here) {
        try {
          return await here.call(body, signal);
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error;
          this.disconnect(modelId, here);
          until = Date.now() + this.limits.reconnectMs;
          continue;
        }
      }
      const url = await this.elsewhere(modelId);
      const answer = url === undefined ? undefined : await forward?.(url);
      if (answer) return answer;
      await this.arrival(modelId, signal);
    }
    const seconds = this.limits.reconnectMs / 1000;
    throw new ComputeError(
      'FUNCTION_NOT_CONNECTED',
      `The function is not connected: its client has ended or cannot reach the server, and did not come back within ${seconds} s. Connect it, and start the job again.`,
      ['function'],
    );
  }

  /** Ends all connections. */
  close(): void {
    for (const connected of this.connected.values()) connected.close(GOING_AWAY, 'The server stops.');
    this.connected.clear();
  }

  private async arrival(modelId: string, signal: AbortSignal): Promise<void> {
    // Not `AbortSignal.any`: Node collects a signal of time that only a combined one refers to, and it never fires.
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, LOOK_MS);
    signal.addEventListener('abort', end);
    try {
      await once(this.arrivals, modelId, { signal: over.signal });
    } catch {
      // Nobody came.
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  private urlOf(modelId: string): string {
    return `${this.address}${CALL_PATH}/${modelId}`;
  }

  /** Where the client is connected, if that is another server. */
  private async elsewhere(modelId: string): Promise<string | undefined> {
    const model = await this.environment.prisma.model.findUnique({ where: { id: modelId }, select: { endpoint: true } });
    const url = model && endpointOf(model)?.url;
    return url && url !== this.urlOf(modelId) ? url : undefined;
  }

  private async secretOf(modelId: string): Promise<string | undefined> {
    const model = modelId === '' ? null : await this.environment.prisma.model.findUnique({ where: { id: modelId } });
    return model && endpointOf(model)?.isFunction ? (await withSecret(this.environment, model)).authorization : undefined;
  }
}

/** Codes of a WebSocket. */
const [GOING_AWAY, REPLACED] = [1001, 4409];
