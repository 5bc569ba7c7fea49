/** The WebSockets and subscriptions that each token name has open, counted in this process: behind several servers each allows as many. @module */
import { GraphQLError } from 'graphql';
import type { Principal } from '../services/token/principal.js';

/** Of each token name. */
export interface SocketLimits {
  readonly maxSockets: number;
  /** Operations that run at the same time, over all sockets; mainly subscriptions, which are long-lived. */
  readonly maxSubscriptions: number;
}

interface Socket {
  /** Operations that run, by their id. */
  readonly subscriptions: Readonly<Record<string, unknown>>;
}

export class OpenSockets<Open extends Socket = Socket> {
  private readonly byName = new Map<string, Set<Open>>();

  constructor(private readonly limits: SocketLimits) {}

  /** @returns whether the name may have one more. */
  open({ name }: Principal, socket: Open): boolean {
    const sockets = this.byName.get(name) ?? new Set<Open>();
    if (sockets.size >= this.limits.maxSockets) return false;
    this.byName.set(name, sockets.add(socket));
    return true;
  }

  close(socket: Open): void {
    for (const [name, sockets] of this.byName) if (sockets.delete(socket) && sockets.size === 0) this.byName.delete(name);
  }

  /** One after the other. */
  async each(look: (socket: Open) => Promise<unknown>): Promise<void> {
    for (const socket of [...this.byName.values()].flatMap((sockets) => [...sockets])) await look(socket);
  }

  /** @throws GraphQLError LIMIT_EXCEEDED; the operation that asks is among those that run. */
  checkSubscriptions({ name }: Principal): void {
    const { maxSubscriptions } = this.limits;
    const running = [...(this.byName.get(name) ?? [])].reduce((sum, { subscriptions }) => sum + Object.keys(subscriptions).length, 0);
    if (running <= maxSubscriptions) return;
    throw new GraphQLError(`A token name may have ${maxSubscriptions} subscriptions at the same time. End one first.`, {
      extensions: { code: 'LIMIT_EXCEEDED' },
    });
  }
}
