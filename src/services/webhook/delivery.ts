/** Sends one message to one address, signed as the Standard Webhooks (https://www.standardwebhooks.com) have it. @module */
import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { checkHost, guardedLookup } from '../../compute/models/index.js';

/** Prefix of a secret; the rest is its bytes in base64. */
export const SECRET_PREFIX = 'whsec_';

const TIMEOUT_MS = 10_000;
/** Of an answer, which nobody reads. */
const MOST_BYTES = 64 * 1024;
/** What tells that the address is there no more. */
const GONE = 410;

/** Why a message was not delivered; `isGone`: and no other will be. */
export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed';

  constructor(
    message: string,
    readonly isGone = false,
  ) {
    super(message);
  }
}

export interface Delivery {
  readonly url: string;
  readonly secret: string;
  /** The same for every try. */
  readonly messageId: string;
  readonly body: string;
  /** In which addresses are allowed that are not public. */
  readonly networks: readonly string[];
}

/** @throws DeliveryFailed where the answer is no success, ComputeError REMOTE_ADDRESS_REFUSED. */
export async function deliver({ url, secret, messageId, body, networks }: Delivery): Promise<void> {
  checkHost(new URL(url), networks);
  const agent = new Agent({ connect: { lookup: guardedLookup(networks) }, maxResponseSize: MOST_BYTES });
  const timestamp = String(Math.floor(Date.now() / 1000));
  try {
    // Redirects are not followed: each would have to be guarded.
    const { statusCode, body: answer } = await request(url, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'gauntlet-webhooks',
        'webhook-id': messageId,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${sign(secret, messageId, timestamp, body)}`,
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.dump();
    if (statusCode < 200 || statusCode >= 300) throw new DeliveryFailed(`It answers with HTTP status ${statusCode}.`, statusCode === GONE);
  } catch (error) {
    if (error instanceof DeliveryFailed) throw error;
    const { name, code, message } = error as NodeJS.ErrnoException;
    if (name === 'TimeoutError') throw new DeliveryFailed(`It did not answer within ${TIMEOUT_MS / 1000} s.`);
    throw new DeliveryFailed(code === 'REMOTE_ADDRESS_REFUSED' ? message : `The connection failed (${code ?? 'no reason given'}).`);
  } finally {
    await agent.destroy();
  }
}

const sign = (secret: string, messageId: string, timestamp: string, body: string): string =>
  createHmac('sha256', Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64'))
    .update(`${messageId}.${timestamp}.${body}`)
    .digest('base64');
