/** What every resolver of one request shares. @module */
import type { Services } from '../services/index.js';
import type { Principal } from '../services/token/principal.js';
import { visibleClient } from '../services/access/visibility.js';
import { createLoaders, type Loaders } from './loaders.js';

export interface GraphQLContext {
  readonly viewer: Principal;
  /** With a database client that finds what the viewer may see, and no more. */
  readonly services: Services;
  readonly loaders: Loaders;
}

/** A new one for each request: loaders cache what they have read. */
export function createContext(services: Services, viewer: Principal): GraphQLContext {
  const prisma = visibleClient(services.prisma, viewer);
  return { viewer, services: { ...services, prisma }, loaders: createLoaders(prisma) };
}
