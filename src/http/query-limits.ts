/** How deep and how costly a query may be, and what text it may hold, whichever transport it comes by. @module */
import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isListType,
  Kind,
  parse,
  getOperationAST,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
// Its ES modules load a second copy of graphql, which takes no schema for one of its own.
import { getComplexity, type ComplexityEstimatorArgs } from 'graphql-query-complexity/cjs';
import { DomainError } from '../errors.js';
import { DEFAULT_PAGE } from '../page-size.js';
import { isStorable } from '../storage/text.js';
import { checkLiterals, weightOfVariables } from './input-weight.js';
import { introspectionCost } from './introspection-cost.js';

export interface QueryLimits {
  /** Fields inside fields. */
  readonly maxDepth: number;
  /** Fields in the answer, those of introspection too; lists counted by the page that was asked for. */
  readonly maxComplexity: number;
  /** Words and signs of the text. */
  readonly maxTokens: number;
}

export interface QueryRequest {
  readonly operationName?: string | null;
  readonly variables?: Record<string, unknown> | null;
}

/** What an operation costs beside its fields: a statement at least, and often more. Copies under other names cost as much again. */
const OPERATION_COST = 1000;

/** What a list inside of an object costs beside its items: a statement, or outcomes that are unpacked. */
const LIST_COST = 100;

/** Fragments inside each other. */
const MOST_FRAGMENTS = 100;

/** What a list without pages counts as: one of the whole server, such as that of attacks, and one inside of an object. */
const CATALOGUE_ITEMS = 50;
const LIST_ITEMS = 10;

/**
 * @param document that has passed validation.
 * @throws GraphQLError of code LIMIT_EXCEEDED, or BAD_USER_INPUT for variables that do not fit and for text that cannot be stored.
 */
export function checkQuery(schema: GraphQLSchema, document: DocumentNode, request: QueryRequest, limits: QueryLimits): void {
  const fragments = fragmentsOf(document);
  checkLiterals(document);
  const variables = getOperationAST(document, request.operationName)?.variableDefinitions ?? [];
  const weight = weightOfVariables(schema, variables, request.variables ?? {}, limits.maxComplexity);
  if (weight > limits.maxComplexity) {
    throw tooMuch(
      `The variables cost more than ${limits.maxComplexity}: one for each value, and for each object one for each field of its type. Send several requests.`,
    );
  }
  const depth = depthOf(document, fragments);
  if (depth > limits.maxDepth)
    throw tooMuch(`The query is ${depth} fields deep; this server allows at most ${limits.maxDepth}. Nest fewer fields.`);
  const complexity = weight + complexityOf(schema, document, request, fragments, limits.maxComplexity);
  if (complexity > limits.maxComplexity) {
    throw tooMuch(
      `The query costs ${complexity}; this server allows at most ${limits.maxComplexity}. Request shorter pages or fewer fields.`,
    );
  }
  visit(document, { StringValue: ({ value }) => checkText(value) });
  checkText(request.variables);
}

/** Every text in a value, names of fields too, however deep it lies. */
function checkText(value: unknown): void {
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'object' && next !== null) for (const entry of Object.entries(next)) pending.push(...entry);
    if (typeof next !== 'string' || isStorable(next)) continue;
    throw new GraphQLError(`The text ${JSON.stringify(next.slice(0, 100))} holds NUL or half of a surrogate pair. Leave that out.`, {
      extensions: { code: 'BAD_USER_INPUT' },
    });
  }
}

/** The stack gave out. */
const TOO_DEEP = 'The query is nested too deeply to be read. Nest fewer fields, fragments and values.';

/** Of the text: words may be of any length, and long ones belong into variables. */
const MOST_CHARACTERS = 100_000;

/** @throws DomainError LIMIT_EXCEEDED for a text that takes long to read, whatever is in it. */
export function checkLength(text: unknown): void {
  if (typeof text !== 'string' || text.length <= MOST_CHARACTERS) return;
  const message = `The query has ${text.length} characters; this server allows at most ${MOST_CHARACTERS}. Send long values as variables.`;
  throw new DomainError('LIMIT_EXCEEDED', message);
}

/** As graphql's own, with a limit. @throws GraphQLError where the text is none, too long, or nested too deeply. */
export function parseQuery(text: string, { maxTokens }: QueryLimits): DocumentNode {
  checkLength(text);
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    throw error instanceof RangeError ? tooMuch(TOO_DEEP) : error;
  }
}

const tooMuch = (message: string) => new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}

/**
 * Introspection is left out: graphql's own validation bounds it.
 * @throws GraphQLError LIMIT_EXCEEDED for fragments that are nested too deeply, which are no fields and are followed all the same.
 */
function depthOf(document: DocumentNode, fragments: Fragments): number {
  // A fragment that is spread many times is measured once.
  const known = new Map<string, number>();
  const ofFragment = (name: string, within: number): number => {
    const depth = known.get(name) ?? ofSelections(fragments.get(name)!.selectionSet, within);
    known.set(name, depth);
    return depth;
  };
  const ofSelections = ({ selections }: SelectionSetNode, within = 0): number => {
    if (within > MOST_FRAGMENTS) throw tooMuch(`The query nests more than ${MOST_FRAGMENTS} fragments. Nest fewer.`);
    return selections.reduce((deepest, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return Math.max(deepest, ofFragment(selection.name.value, within + 1));
      if (selection.kind === Kind.INLINE_FRAGMENT) return Math.max(deepest, ofSelections(selection.selectionSet, within + 1));
      if (selection.name.value.startsWith('__')) return deepest;
      return Math.max(deepest, 1 + (selection.selectionSet ? ofSelections(selection.selectionSet, within) : 0));
    }, 0);
  };
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return Math.max(...operations.map(({ selectionSet }) => ofSelections(selectionSet)));
}

function complexityOf(
  schema: GraphQLSchema,
  query: DocumentNode,
  { operationName, variables }: QueryRequest,
  fragments: Fragments,
  most: number,
): number {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  let introspected = 0;
  const cost = ({ type, field, args, childComplexity, node }: ComplexityEstimatorArgs) => {
    if (field === SchemaMetaFieldDef || field === TypeMetaFieldDef) {
      const fields = introspectionCost(field, args, node.selectionSet!, { schema, fragments, most: most - introspected });
      introspected += fields;
      return OPERATION_COST + fields;
    }
    if (field === TypeNameMetaFieldDef) return 1;
    const isRoot = roots.some((root) => root === type);
    const isList = getNamedType(field.type).name.endsWith(CONNECTION);
    return (isRoot ? OPERATION_COST : isList ? LIST_COST : 1) + itemsOf(type, field, args, isRoot) * childComplexity;
  };
  try {
    return getComplexity({ schema, query, operationName: operationName ?? undefined, variables: variables ?? {}, estimators: [cost] });
  } catch (error) {
    if (error instanceof RangeError) throw tooMuch(TOO_DEEP);
    throw new GraphQLError((error as Error).message, { extensions: { code: 'BAD_USER_INPUT' } });
  }
}

/** How often the selections of a field are expected to be answered. */
function itemsOf(
  type: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
  args: ComplexityEstimatorArgs['args'],
  isRoot: boolean,
): number {
  if (getNamedType(field.type).name.endsWith(CONNECTION)) return Math.max(1, Number(args.first ?? args.last ?? DEFAULT_PAGE));
  // A connection was counted by its page.
  if (!isListType(getNullableType(field.type)) || type.name.endsWith(CONNECTION)) return 1;
  return isRoot ? CATALOGUE_ITEMS : LIST_ITEMS;
}

const CONNECTION = 'Connection';
