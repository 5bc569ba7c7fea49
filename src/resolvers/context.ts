/** What every resolver of one request shares. @module */
import type { Services } from '../services/index.js';
import { createLoaders, type Loaders } from './loaders.js';

export interface GraphQLContext {
  readonly services: Services;
  readonly loaders: Loaders;
}

/** A new one for each request: loaders cache what they have read. */
export function createContext(services: Services): GraphQLContext {
  return { services, loaders: createLoaders(services.prisma) };
}
