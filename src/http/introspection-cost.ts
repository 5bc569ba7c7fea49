/** What introspection costs: the fields of its answer, counted in the schema itself. @module */
import {
  getNamedType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

export interface IntrospectionRequest {
  readonly schema: GraphQLSchema;
  /** Of the query, by name. */
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The count ends above it, so that it takes no longer than an answer that is allowed. */
  readonly most: number;
}

type Values = Readonly<Record<string, unknown>>;
type Field = GraphQLField<unknown, unknown>;

/**
 * Resolvers of introspection are plain functions of the schema, so its answer is walked without being made. `@skip` and `@include` are not heeded,
 * and what is deprecated counts.
 * @param field `__schema` or `__type`, with its arguments and selections.
 * @returns its fields, up to {@link IntrospectionRequest.most} exactly.
 */
export function introspectionCost(
  field: Field,
  args: Values,
  selections: SelectionSetNode,
  { schema, fragments, most }: IntrospectionRequest,
): number {
  // All that these resolvers read of it.
  const info = { schema } as GraphQLResolveInfo;
  const fieldsOf = memoizedFieldsOf(fragments);
  let cost = 0;

  const countField = (of: Field, parent: unknown, values: Values, selected: SelectionSetNode) => {
    const type = getNamedType(of.type);
    const found: unknown = of.resolve?.(parent, values, undefined, info);
    if (!isObjectType(type) || found === null || found === undefined) return;
    for (const item of Array.isArray(found) ? found : [found]) countObject(type, item, selected);
  };
  const countObject = (type: GraphQLObjectType, value: unknown, selected: SelectionSetNode) => {
    for (const { name, selectionSet } of fieldsOf(selected)) {
      if (cost > most) return;
      cost++;
      if (selectionSet) countField(type.getFields()[name.value]!, value, { includeDeprecated: true }, selectionSet);
    }
  };
  countField(field, undefined, args, selections);
  return cost;
}

/** Fields of a selection, those of its fragments included, each fragment once: as they are executed. Types of introspection have no subtypes. */
function memoizedFieldsOf(fragments: IntrospectionRequest['fragments']): (selections: SelectionSetNode) => readonly FieldNode[] {
  const known = new Map<SelectionSetNode, readonly FieldNode[]>();
  const collect = (selected: SelectionSetNode, spread: Set<string>): FieldNode[] =>
    selected.selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return collect(selection.selectionSet, spread);
      if (spread.has(selection.name.value)) return [];
      spread.add(selection.name.value);
      return collect(fragments.get(selection.name.value)!.selectionSet, spread);
    });
  return (selected) => {
    const fields = known.get(selected) ?? collect(selected, new Set());
    known.set(selected, fields);
    return fields;
  };
}
