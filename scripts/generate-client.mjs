/** Types of the client's operations, from `schema.graphql` and `client/src/operations.graphql`. `prepare.mjs` runs this where one of them has changed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

const root = new URL('..', import.meta.url).pathname;
const read = (path) => parse(readFileSync(`${root}${path}`, 'utf8'));

const code = await codegen({
  schema: read('schema.graphql'),
  documents: [{ location: 'operations.graphql', document: read('client/src/operations.graphql') }],
  filename: 'generated.ts',
  config: {
    documentMode: 'string',
    useTypeImports: true,
    enumsAsTypes: true,
    scalars: {
      Magnitude: { input: 'number | string', output: 'number' },
      DateTimeISO: 'string',
      JSON: 'unknown',
      JSONObject: 'Record<string, unknown>',
    },
  },
  plugins: [{ operations: {} }, { typedDocumentNode: {} }],
  pluginMap: { operations, typedDocumentNode },
});
writeFileSync(`${root}client/src/generated.ts`, code);
