/** Random operations on a schema: valid ones, ones with something wrong, and ones that are made to take long. @module */
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { RandomStream } from '../../src/compute/random.js';

export interface Operation {
  readonly kind: string;
  /** The body of the request. */
  readonly body: string;
}

/** What operations are about. */
export interface Subject {
  readonly schema: GraphQLSchema;
  /** Ids that exist. */
  readonly ids: readonly string[];
}

type Make = (subject: Subject, random: RandomStream) => { query: string; variables?: unknown } | string;

const pick = <T>(random: RandomStream, from: readonly T[]): T => from[random.integer(from.length)]!;
const chance = (random: RandomStream, share: number) => random.uniform() < share;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const TEXTS = [
  '',
  'a',
  'mnist-baseline',
  '\u0000',
  '\ud800',
  'x'.repeat(3000),
  '\'; DROP TABLE "Model"; --',
  '../../etc/passwd',
  'ﬁ①',
  '🙂',
  '0.1',
  '8/255',
  '-1/0',
];
const NUMBERS = [0, 1, -1, 2, 10, 100, 0.1, 0.5, 1e-9, 1e9, 2 ** 31, -(2 ** 31), 1e308, 4_294_967_296];

/** A value for a type, and now and then one for another. */
function value(type: GraphQLInputType, subject: Subject, random: RandomStream, depth: number): unknown {
  if (chance(random, 0.01)) return pick(random, [null, 'x', 7, true, [], {}, [[1]], { a: 1 }]);
  const inner = getNullableType(type);
  if (isListType(inner)) return times(random.integer(4), () => value(inner.ofType as GraphQLInputType, subject, random, depth + 1));
  const named = getNamedType(inner);
  if (isEnumType(named)) return pick(random, named.getValues()).name;
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields());
    const chosen = named.isOneOf && !chance(random, 0.05) ? [pick(random, fields)] : fields;
    const entries = chosen
      .filter((field) => named.isOneOf || isNonNullType(field.type) || chance(random, depth > 4 ? 0.05 : 0.4))
      .map((field) => [field.name, depth > 12 ? null : value(field.type, subject, random, depth + 1)]);
    return Object.fromEntries(entries) as object;
  }
  switch (named.name) {
    case 'Boolean':
      return chance(random, 0.5);
    case 'Int':
      return chance(random, 0.95) ? random.integer(20) : Math.trunc(pick(random, NUMBERS));
    case 'Float':
      return chance(random, 0.8) ? random.uniform() : pick(random, NUMBERS);
    case 'Magnitude':
      return chance(random, 0.9) ? pick(random, ['8/255', 0.1, '0.3', 1]) : pick(random, TEXTS);
    case 'DateTimeISO':
      return chance(random, 0.9) ? '2026-01-01T00:00:00.000Z' : pick(random, TEXTS);
    case 'ID':
      return chance(random, 0.7) && subject.ids.length > 0 ? pick(random, subject.ids) : pick(random, TEXTS);
    default:
      return chance(random, 0.3) ? pick(random, NUMBERS) : pick(random, TEXTS);
  }
}

/** An operation under construction: arguments are variables. */
class Builder {
  readonly definitions: string[] = [];
  readonly variables: Record<string, unknown> = {};

  constructor(
    private readonly subject: Subject,
    private readonly random: RandomStream,
  ) {}

  field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const given = field.args.filter((arg) => isNonNullType(arg.type) || chance(this.random, 0.4));
    const args = given.map((arg) => {
      const name = `v${this.definitions.length}`;
      this.definitions.push(`$${name}: ${String(arg.type)}`);
      this.variables[name] = value(arg.type, this.subject, this.random, 0);
      return `${arg.name}: $${name}`;
    });
    const call = args.length > 0 ? `${field.name}(${args.join(', ')})` : field.name;
    const inner = getNamedType(field.type);
    return isLeafType(inner) ? call : `${call} { ${this.selections(inner, depth)} }`;
  }

  selections(type: GraphQLNamedType, depth: number): string {
    const { random } = this;
    if (isUnionType(type)) {
      const members = type.getTypes().filter(() => chance(random, 0.5));
      return ['__typename', ...members.map((member) => `... on ${member.name} { ${this.selections(member, depth + 1)} }`)].join(' ');
    }
    if (!('getFields' in type)) return '__typename';
    const fields = Object.values((type as GraphQLObjectType).getFields());
    const fitting = fields.filter((field) => isLeafType(getNamedType(field.type)) || depth < 5);
    const chosen = fitting.length === 0 ? [] : times(1 + random.integer(5), () => pick(random, fitting));
    // The same field twice with other arguments would conflict.
    return ['__typename', ...chosen.map((field, i) => `a${depth}_${i}: ${this.field(field, depth + 1)}`)].join(' ');
  }
}

const valid: Make = (subject, random) => {
  const { schema } = subject;
  const keyword = pick(random, ['query', 'query', 'mutation', 'mutation', 'subscription'] as const);
  const root = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() }[keyword]!;
  const builder = new Builder(subject, random);
  const fields = Object.values(root.getFields());
  const body = times(keyword === 'query' ? 1 + random.integer(4) : 1, (i) => `r${i}: ${builder.field(pick(random, fields), 0)}`).join(' ');
  const definitions = builder.definitions.length > 0 ? `(${builder.definitions.join(', ')})` : '';
  return { query: `${keyword} ${definitions} { ${body} }`, variables: builder.variables };
};

/** Words of a valid one that are missing, doubled, exchanged or wrong. */
const mutated: Make = (subject, random) => {
  const { query, variables } = valid(subject, random) as { query: string; variables: unknown };
  const words = query.split(' ');
  for (let i = 0; i < 1 + random.integer(4); i++) {
    const at = random.integer(words.length);
    const word = pick(random, [
      [],
      [words[at]!, words[at]!],
      [pick(random, words)],
      ['@skip(if: true)'],
      ['...'],
      ['{'],
      ['}'],
      ['"\\u0000"'],
      ['$v0'],
      ['nothing'],
    ]);
    words.splice(at, 1, ...word);
  }
  return { query: words.join(' '), variables };
};

/** What is no request of GraphQL. */
const malformed: Make = (_subject, random) =>
  pick(random, [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"query":1}',
    '{"query":"{"}',
    '{"query":"{viewer{name}}","variables":[1]}',
    `{"query":"{viewer{name}}","variables":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    '{"query":"query a{viewer{name}} query b{viewer{name}}"}',
    '{"query":"{viewer{name}}","operationName":"b"}',
    '{"query":"{viewer{name}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}',
  ]);

const many = (count: number, make: (i: number) => string) => times(count, make).join(' ');
const START = 'mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) { __typename ... on UserError { message } } }';
const FGSM = { fgsm: { epsilon: '8/255' } };
const attacksIn = (depth: number): object => (depth === 0 ? FGSM : { worstOf: { attacks: [attacksIn(depth - 1)] } });

/** Made to keep a server busy. Sizes are drawn, to lie on both sides of each limit. */
const costly: readonly Make[] = [
  (_subject, random) => ({ query: `{ ${many(random.integer(500), (i) => `a${i}: models { totalCount }`)} }` }),
  ({ schema }, random) => {
    const field = pick(
      random,
      Object.values(schema.getQueryType()!.getFields()).filter(
        ({ args, type }) => args.every((arg) => !isNonNullType(arg.type)) && isObjectType(getNamedType(type)),
      ),
    );
    return { query: `{ ${many(random.integer(300), (i) => `a${i}: ${field.name} { __typename }`)} }` };
  },
  (_subject, random) => ({ query: `{ ${many(random.integer(400), () => 'viewer { name role }')} }` }),
  (_subject, random) => ({ query: `{ ${many(random.integer(300), () => 'viewer { name ...f }')} } fragment f on Principal { role name }` }),
  (_subject, random) => ({ query: `{ ${many(random.integer(150), () => 'models { nodes { id name } }')} }` }),
  (_subject, random) => ({ query: `{ ${'... { '.repeat(random.integer(400))} __typename ${'}'.repeat(400)} }` }),
  (_subject, random) => {
    const depth = random.integer(400);
    return { query: `{ ${'... { '.repeat(depth)} __typename ${'}'.repeat(depth)} }` };
  },
  (_subject, random) => {
    const length = 1 + random.integer(150);
    return {
      query: `{ ...f0 } ${many(length, (i) => `fragment f${i} on Query { ...f${i + 1} viewer { name } }`)} fragment f${length} on Query { __typename }`,
    };
  },
  (_subject, random) => ({ query: `{ models(filter: { ${many(random.integer(350), (i) => `statuss${i}: READYY`)} }) { totalCount } }` }),
  (_subject, random) => ({ query: `{ ${many(random.integer(1200), (i) => `modell${i}`)} }` }),
  (_subject, random) => ({
    query: `{ __schema { types { name description ${chance(random, 0.5) ? 'fields { name description args { name type { name } } type { name ofType { name } } } inputFields { name }' : 'kind'} } } }`,
  }),
  (_subject, random) => ({
    query: `{ ${many(random.integer(100), (i) => `a${i}: __type(name: "AttackInput") { inputFields { name description type { name inputFields { name } } } }`)} }`,
  }),
  (_subject, random) => ({
    query: `{ ${many(random.integer(40), (i) => `a${i}: attackKinds { name parameters { name description } }`)} }`,
  }),
  ({ ids }, random) => ({
    query: START,
    variables: { input: { modelId: ids[0] ?? 'x', datasetId: 'x', attacks: times(random.integer(20_000), () => FGSM) } },
  }),
  (_subject, random) => ({
    query: START,
    variables: { input: { modelId: 'x', datasetId: 'x', attacks: [{ worstOf: { attacks: times(random.integer(1100), () => FGSM) } }] } },
  }),
  (_subject, random) => ({
    query: START,
    variables: { input: { modelId: 'x', datasetId: 'x', attacks: [attacksIn(random.integer(200))] } },
  }),
  (_subject, random) => ({
    query: 'query ($f: EvaluationFilter) { evaluations(filter: $f) { totalCount } }',
    variables: { f: { modelIds: times(random.integer(60_000), () => 'x') } },
  }),
  ({ ids }, random) => ({
    query: 'query ($f: EvaluationFilter) { evaluations(filter: $f) { totalCount } }',
    variables: {
      f: { modelIds: times(random.integer(1000), () => pick(random, ids)), attackKinds: times(random.integer(1000), () => 'FGSM') },
    },
  }),
  (_subject, random) => ({
    query: 'query ($name: String) { model(name: $name) { id } }',
    variables: { name: 'ﬁ'.repeat(random.integer(300_000)) },
  }),
  (_subject, random) => ({ query: `{ model(name: """${'\n x'.repeat(random.integer(200_000))}""") { id } }` }),
  (_subject, random) => ({ query: '{ viewer { name } }', variables: { unused: times(random.integer(60_000), () => ({ a: 1 })) } }),
];

const makes: readonly (readonly [kind: string, share: number, make: Make])[] = [
  ['valid', 0.45, valid],
  ['mutated', 0.25, mutated],
  ['malformed', 0.05, malformed],
  ['costly', 0.25, (subject, random) => pick(random, costly)(subject, random)],
];

export function randomOperation(subject: Subject, random: RandomStream): Operation {
  let left = random.uniform();
  const [kind, , make] = makes.find(([, share]) => (left -= share) < 0) ?? makes[0]!;
  const made = make(subject, random);
  return { kind, body: typeof made === 'string' ? made : JSON.stringify(made) };
}
