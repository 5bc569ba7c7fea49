/** Writes schema.graphql: `node dist/src/resolvers/emit-schema.js [file]`. @module */
import { writeFile } from 'node:fs/promises';
import { createSchema, schemaText } from './index.js';

await writeFile(process.argv[2] ?? 'schema.graphql', schemaText(await createSchema()));
