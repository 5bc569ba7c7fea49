/** The GraphQL API, from `schema.graphql`. @module */
import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  getNamedType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from 'graphql';
import { attacks, optimizers, schedules, schemes } from '../../../src/compute/index.js';
import { code, type GeneratedPage, prose } from '../page.js';

const page = (file: string, render: (schema: GraphQLSchema) => string): GeneratedPage => ({
  file: `reference/api/${file}.md`,
  source: 'schema.graphql',
  render: async () => render(buildSchema(await readFile('schema.graphql', 'utf8'))),
});

const named = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__') && !['Query', 'Mutation', 'Subscription'].includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

export const apiPages: readonly GeneratedPage[] = [
  page('queries', (schema) =>
    operationsOf(
      schema,
      'Queries',
      'Each returns at once. A list is a connection of Relay: `first`, `after`, `last`, `before`.',
      schema.getQueryType()!,
    ),
  ),
  page('mutations', (schema) =>
    operationsOf(
      schema,
      'Mutations',
      'Each takes one `input` and answers with a union of a success type and [errors](../errors.md). Ask for the members by `... on UserError { message path }`. Long work returns at once with a [`Job`](types.md#job).',
      schema.getMutationType()!,
    ),
  ),
  page('subscriptions', (schema) =>
    operationsOf(schema, 'Subscriptions', 'Over WebSocket, by the protocol `graphql-transport-ws`.', schema.getSubscriptionType()!),
  ),
  page('types', (schema) =>
    [
      '# Types',
      'Objects, interfaces and unions that queries and mutations return.',
      ...named(schema).flatMap((type) => {
        if (isObjectType(type) || isInterfaceType(type)) {
          const interfaces = type.getInterfaces().map(({ name }) => link(name, 'types'));
          return [
            `## ${type.name}`,
            prose(type.description ?? ''),
            ...(isInterfaceType(type) ? ['An interface.'] : []),
            ...(interfaces.length ? [`Implements ${interfaces.join(', ')}.`] : []),
            Object.values(type.getFields()).map(fieldLine).join('\n'),
          ];
        }
        if (!isUnionType(type)) return [];
        return [
          `## ${type.name}`,
          prose(type.description ?? ''),
          `One of ${type
            .getTypes()
            .map(({ name }) => link(name, 'types'))
            .join(', ')}.`,
        ];
      }),
    ].join('\n\n'),
  ),
  page('inputs', (schema) =>
    [
      '# Inputs',
      'Inputs of attacks, schemes, optimizers and schedules are on their own pages: [attacks](../attacks.md), [training](../training.md).',
      ...named(schema)
        .filter(isInputObjectType)
        .filter(({ name }) => !catalogued(schema).has(name))
        .flatMap((type) => [
          `## ${type.name}`,
          prose(type.description ?? ''),
          ...(type.isOneOf ? ['Exactly one member must be given.'] : []),
          Object.values(type.getFields())
            .map((field) => inputLine(field, catalogued(schema)))
            .join('\n'),
        ]),
    ].join('\n\n'),
  ),
  page('enums', (schema) =>
    [
      '# Enums and scalars',
      '## Scalars',
      named(schema)
        .filter(isScalarType)
        .filter((type) => !isSpecifiedScalarType(type))
        .map(({ name, description }) => `- <a id="${name.toLowerCase()}"></a>${code(name)}: ${prose(oneLine(description))}`)
        .join('\n'),
      ...named(schema)
        .filter(isEnumType)
        .flatMap((type) => [
          `## ${type.name}`,
          prose(type.description ?? ''),
          type
            .getValues()
            .map(({ name, description }) => `- ${code(name)}: ${prose(oneLine(description))}`)
            .join('\n'),
        ]),
    ].join('\n\n'),
  ),
];

/** Inputs that pages of their own describe, with the link to them. */
function catalogued(schema: GraphQLSchema): ReadonlyMap<string, string> {
  const of = (input: string, names: readonly { readonly name: string }[], file: string) => {
    const fields = (schema.getType(input) as GraphQLInputObjectType).getFields();
    return names.flatMap(({ name }): [string, string][] => {
      const type = fields[name] && getNamedType(fields[name].type);
      return isInputObjectType(type) ? [[type.name, `../${file}.md#${name.toLowerCase()}`]] : [];
    });
  };
  return new Map([
    ...of('AttackInput', attacks, 'attacks'),
    ...of('TrainingSchemeInput', schemes, 'training'),
    ...of('OptimizerInput', optimizers, 'training'),
    ...of('ScheduleInput', schedules, 'training'),
  ]);
}

function operationsOf(schema: GraphQLSchema, title: string, about: string, root: GraphQLObjectType): string {
  return [
    `# ${title}`,
    about,
    Object.keys(root.getFields())
      .map((name) => `[\`${name}\`](#${name.toLowerCase()})`)
      .join(', '),
    ...Object.values(root.getFields()).flatMap((field) => [
      `## ${field.name}`,
      prose(field.description ?? ''),
      ...(field.args.length ? [field.args.map((argument) => inputLine(argument)).join('\n')] : []),
      `Returns ${signature(field)}${resultOf(getNamedType(field.type))}.`,
    ]),
  ].join('\n\n');
}

/** The members of a payload. */
function resultOf(type: GraphQLNamedType): string {
  return isUnionType(type)
    ? `: ${type
        .getTypes()
        .map(({ name }) => link(name, 'types'))
        .join(', ')}`
    : '';
}

function fieldLine(field: GraphQLField<unknown, unknown>): string {
  const line = `- ${code(field.name)}: ${signature(field)}. ${prose(oneLine(field.description))}${deprecation(field.deprecationReason)}`;
  return [line, ...field.args.map((argument) => `  ${inputLine(argument)}`)].join('\n');
}

function inputLine(field: GraphQLInputField | GraphQLArgument, elsewhere?: ReadonlyMap<string, string>): string {
  const initial = field.astNode?.defaultValue ? ` = ${code(print(field.astNode.defaultValue))}` : '';
  return `- ${code(field.name)}: ${signature(field, elsewhere)}${initial}. ${prose(oneLine(field.description))}${deprecation(field.deprecationReason)}`;
}

const deprecation = (reason: string | null | undefined) => (reason ? ` **Deprecated:** ${prose(reason)}` : '');
const oneLine = (text: string | null | undefined) => (text ?? '').replaceAll(/\s*\n\s*/g, ' ');

function signature(
  { type }: Pick<GraphQLField<unknown, unknown>, 'type'> | GraphQLInputField | GraphQLArgument,
  elsewhere?: ReadonlyMap<string, string>,
): string {
  const inner = getNamedType(type);
  const text = code(String(type));
  if (isSpecifiedScalarType(inner)) return text;
  const other = elsewhere?.get(inner.name);
  return `[${text}](${other ?? `${fileOf(inner)}.md#${inner.name.toLowerCase()}`})`;
}

function fileOf(type: GraphQLNamedType): string {
  return isInputObjectType(type) ? 'inputs' : isEnumType(type) || isScalarType(type) ? 'enums' : 'types';
}

const link = (name: string, file: string) => `[\`${name}\`](${file}.md#${name.toLowerCase()})`;
