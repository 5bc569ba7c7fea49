/** What it costs to read an operation's variables, found out before they are read. @module */
import {
  getNamedType,
  GraphQLError,
  isInputObjectType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  typeFromAST,
  visit,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql';

/** Lists of whatever a statement or a look-up stands behind: ids, choices, attacks. Numbers and text count by their weight alone. */
const LONGEST_LIST = 1000;

/** Lists and objects inside each other: an attack of attacks has three more of them. */
const DEEPEST = 24;

/** Of which long lists are usual: names of classes, labels. */
const PLAIN = new Set(['Boolean', 'Float', 'Int', 'String']);

const refusal = (message: string) => new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
const tooDeep = (what: string) =>
  refusal(`${what} nests lists and objects more than ${DEEPEST} deep; an attack of attacks takes three of these. Nest fewer.`);

interface Pending {
  readonly value: unknown;
  readonly type: GraphQLInputType;
  readonly depth: number;
  /** Of the variable. */
  readonly name: string;
}

/**
 * One for each value, and for each object as many as its type has fields, each of which is looked for: an attack has one for each kind that there is.
 * @param most the count ends above it.
 * @throws GraphQLError LIMIT_EXCEEDED for a list that is too long or values that are nested too deeply.
 */
export function weightOfVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  variables: Readonly<Record<string, unknown>>,
  most: number,
): number {
  const pending: Pending[] = definitions.flatMap(({ variable, type: node }) => {
    const type = typeFromAST(schema, node);
    const name = variable.name.value;
    return isInputType(type) && Object.hasOwn(variables, name) ? [{ value: variables[name], type, depth: 0, name }] : [];
  });
  let weight = 0;
  for (let next = pending.pop(); next && weight <= most; next = pending.pop()) {
    weight++;
    const { value, depth, name } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= DEEPEST) throw tooDeep(`The variable "${name}"`);
    const type = isNonNullType(next.type) ? next.type.ofType : next.type;
    if (Array.isArray(value)) {
      // Where no list is expected, what is in it is refused when it is read.
      const item = isListType(type) ? (type.ofType as GraphQLInputType) : type;
      if (value.length > LONGEST_LIST && !isPlain(item)) throw refusal(tooLong(`The variable "${name}"`, value.length));
      weight += value.length;
      if (weight <= most && !isLeafType(getNamedType(item)))
        for (const entry of value) pending.push({ ...next, value: entry, type: item, depth: depth + 1 });
    } else {
      const named = getNamedType(type);
      if (!isInputObjectType(named)) continue;
      const fields = named.getFields();
      weight += Object.keys(fields).length;
      for (const [key, entry] of Object.entries(value)) {
        const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (field) pending.push({ ...next, value: entry, type: field.type, depth: depth + 1 });
        else weight++;
      }
    }
  }
  return weight;
}

const isPlain = (type: GraphQLInputType) => PLAIN.has(getNamedType(type).name);
const tooLong = (what: string, length: number) =>
  `${what} has a list of ${length}; this server allows at most ${LONGEST_LIST}. Send several requests.`;

/** The same limit of depth for what is written in the query itself, of which the number of words limits the rest. */
export function checkLiterals(document: DocumentNode): void {
  let depth = 0;
  const nested = {
    enter() {
      if (++depth > DEEPEST) throw tooDeep('A value in the query');
    },
    leave() {
      depth--;
    },
  };
  visit(document, { [Kind.OBJECT]: nested, [Kind.LIST]: nested });
}
