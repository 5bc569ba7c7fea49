/** The front door of the resolvers: the schema, and what every resolver of a request shares. @module */
// Before any decorator runs.
import 'reflect-metadata';
export { createContext } from './context.js';
export { createRefusals } from './refusals.js';
export { createSchema, schemaText } from './schema.js';
