/**
 * Long answers are made a slice at a time: graphql completes a list in one go, for which everyone else would wait. Between the slices the event loop sees to others.
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  introspectionTypes,
  isIntrospectionType,
  Kind,
  isLeafType,
  isListType,
  isObjectType,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** Fields that are completed before others have their turn: some 30 ms. Counted, not timed, so that the same query leads to the same statements. */
const SLICE = 5000;
/** Of introspection, which needs no statements, and of which the lists inside of lists are long. */
const INTROSPECTION_SLICE = 1000;
/** Of pages: what their items need is read by one statement for all in a slice. */
const PAGE_SLICE = 15_000;
/** Of a list inside of an object, as a guess. */
const ITEMS = 8;
/** Shorter lists are completed as they are. */
const SHORT = 20;

/** Lists of objects, those of introspection too, wait for their turn. Without a context, as where the cost of a query is counted, they stay what they are. */
export function sliceLists(schema: GraphQLSchema): void {
  for (const type of [...Object.values(schema.getTypeMap()), ...introspectionTypes]) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (isListType(getNullableType(field.type)) && !isLeafType(getNamedType(field.type)))
        sliceList(field as GraphQLField<unknown, unknown>);
    }
  }
}

/** Types of introspection are shared by all schemas of the process. */
const sliced = new WeakSet<object>();

function sliceList(field: GraphQLField<unknown, unknown>): void {
  if (sliced.has(field)) return;
  sliced.add(field);
  const { resolve = defaultFieldResolver } = field;
  field.resolve = (source, args: Record<string, unknown>, context, info) => {
    const found: unknown = resolve(source, args, context, info);
    if (context === undefined) return found;
    return found instanceof Promise ? found.then((list) => inSlices(list, info)) : inSlices(found, info);
  };
}

/** Of a list that is more than a slice, each item is a promise, which graphql completes when it is there: one after the other. */
function inSlices(found: unknown, info: GraphQLResolveInfo): unknown {
  if (!Array.isArray(found) || found.length <= SHORT) return found;
  const weight = info.fieldNodes.reduce((sum, node) => sum + fieldsOf(node, info), 0);
  const isPage = info.parentType.name.endsWith('Connection');
  const slice = isIntrospectionType(info.parentType) ? INTROSPECTION_SLICE : isPage ? PAGE_SLICE : SLICE;
  if (found.length * weight <= slice) return takeTurn(found.length * weight, slice).then(() => found as unknown[]);
  let turn = Promise.resolve();
  return found.map((item: unknown) => {
    turn = turn.then(() => takeTurn(weight, slice));
    return turn.then(() => item);
  });
}

const known = new WeakMap<FieldNode, number>();

/** How many fields an item of a list is expected to have, those of lists in it included. */
function fieldsOf(node: FieldNode, { fragments, schema, returnType }: GraphQLResolveInfo): number {
  const spread = new Map<string, number>();
  const count = (selectionSet: SelectionSetNode | undefined, type: GraphQLNamedType | undefined): number =>
    (selectionSet?.selections ?? []).reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) {
        const field = type && 'getFields' in type ? type.getFields()[selection.name.value] : undefined;
        const items = field && isListType(getNullableType(field.type)) ? ITEMS : 1;
        return sum + 1 + items * count(selection.selectionSet, field && getNamedType(field.type));
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const named = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type;
        return sum + count(selection.selectionSet, named);
      }
      const fragment = fragments[selection.name.value];
      const name = selection.name.value;
      const fields = spread.get(name) ?? count(fragment?.selectionSet, fragment && schema.getType(fragment.typeCondition.name.value));
      spread.set(name, fields);
      return sum + fields;
    }, 0);
  const fields = known.get(node) ?? count(node.selectionSet, getNamedType(returnType));
  known.set(node, fields);
  return fields;
}

/** Fields since answers began to run without a pause. */
let running = 0;

async function takeTurn(weight: number, slice: number): Promise<void> {
  while (running > 0 && running + weight > slice) await nextTurn();
  if (running === 0) setImmediate(() => (running = 0));
  running += weight;
}
