import { readFile } from 'node:fs/promises';
import {
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  parse,
  validate,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { attacks } from '../../src/compute/attacks/registry.js';
import { createSchema, schemaText } from '../../src/resolvers/index.js';

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await createSchema();
});

describe('the schema', () => {
  it('is the one in schema.graphql', async () => {
    const committed = await readFile('schema.graphql', 'utf8');
    expect(committed, 'schema.graphql is stale: run `npm run schema`').toBe(schemaText(schema));
  });

  it('describes every type, field, argument and value', () => {
    const missing: string[] = [];
    const check = (name: string, item: { description?: string | null }) => item.description || missing.push(name);
    for (const type of Object.values(schema.getTypeMap())) {
      const isRoot = ['Query', 'Mutation', 'Subscription'].includes(type.name);
      if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) continue;
      if (!isRoot) check(type.name, type);
      if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
      if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
      if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          check(`${type.name}.${field.name}`, field);
          for (const argument of field.args) check(`${type.name}.${field.name}(${argument.name})`, argument);
        }
      }
    }
    expect(missing).toEqual([]);
  });

  it('has one member of AttackInput for each attack, of which one must be given', () => {
    const input = schema.getType('AttackInput');
    expect(isInputObjectType(input) && input.isOneOf).toBe(true);
    expect(isInputObjectType(input) && Object.keys(input.getFields()).sort()).toEqual(attacks.map(({ name }) => name).sort());
  });

  it("answers the explorer's example queries, and takes their variables", async () => {
    const source = await readFile('web/src/explorer-examples.ts', 'utf8');
    const examples = [...source.matchAll(/query: `([^`]*)`(?:,\s*variables: `([^`]*)`)?/g)];
    expect(examples.length).toBe(source.match(/query: `/g)!.length);
    for (const [, query, variables = '{}'] of examples) {
      const document = parse(query!);
      expect(validate(schema, document), query).toEqual([]);
      const [operation] = document.definitions as [OperationDefinitionNode];
      const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], JSON.parse(variables) as Record<string, unknown>);
      expect(errors, query).toBeUndefined();
    }
  });

  it('returns from every mutation one success and errors that implement UserError', () => {
    for (const field of Object.values(schema.getMutationType()!.getFields())) {
      const payload = 'ofType' in field.type ? field.type.ofType : undefined;
      expect(isUnionType(payload), field.name).toBe(true);
      const [success, ...errors] = isUnionType(payload) ? payload.getTypes() : [];
      expect(success!.name).toMatch(/Success$/);
      for (const error of errors) expect(error.getInterfaces().map(({ name }) => name)).toContain('UserError');
      expect(Object.keys(Object.fromEntries(field.args.map((argument) => [argument.name, argument])))).toEqual(['input']);
    }
  });
});
