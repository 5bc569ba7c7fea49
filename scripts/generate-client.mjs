/**
 * Types of the operations of the client and of the dashboard, from `schema.graphql` and their `.graphql` files. `prepare.mjs` runs this where one of them
 * has changed: `generate-client.mjs [client] [web]`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, isAbstractType, parse } from 'graphql';

const root = new URL('..', import.meta.url).pathname;
const read = (path) => parse(readFileSync(`${root}${path}`, 'utf8'));

/** What is generated: `.graphql` files of a folder, in which file, and how documents are written. */
const TARGETS = {
  client: { folder: 'client/src', file: 'client/src/generated.ts', documentMode: 'string' },
  // The dashboard's cache reads documents, so they come parsed.
  web: { folder: 'web/src', file: 'web/src/data/generated.ts', documentMode: 'documentNode' },
};

const schema = read('schema.graphql');

/** Which types an interface or a union stands for: without it the dashboard's cache guesses by their fields. */
function possibleTypes() {
  const built = buildASTSchema(schema);
  const types = Object.values(built.getTypeMap()).filter(isAbstractType);
  const names = types.map((type) => [type.name, built.getPossibleTypes(type).map(({ name }) => name)]);
  return `\nexport const possibleTypes: Record<string, string[]> = ${JSON.stringify(Object.fromEntries(names))};\n`;
}
const chosen = process.argv.slice(2);
for (const name of chosen.length > 0 ? chosen : Object.keys(TARGETS)) {
  const { folder, file, documentMode } = TARGETS[name];
  const documents = readdirSync(`${root}${folder}`, { recursive: true })
    .filter((path) => path.endsWith('.graphql'))
    .sort()
    .map((path) => ({ location: path, document: read(`${folder}/${path}`) }));
  const code = await codegen({
    schema,
    documents,
    filename: 'generated.ts',
    config: {
      documentMode,
      dedupeFragments: true,
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
  writeFileSync(`${root}${file}`, documentMode === 'documentNode' ? code + possibleTypes() : code);
}
