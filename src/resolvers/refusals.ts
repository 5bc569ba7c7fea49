/**
 * Operations that a role does not allow are answered before their variables are read, which may be a megabyte of attacks. The answer comes from a schema with the
 * same fields, none of which takes arguments.
 * @module
 */
import {
  getOperationAST,
  GraphQLObjectType,
  GraphQLSchema,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { checkRole } from '../services/access/access.js';
import type { Principal } from '../services/token/principal.js';
import type { GraphQLContext } from './context.js';
import { answerTo } from './guard.js';

/** What to execute instead of an operation. */
export interface Refusal {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
}

/** @returns undefined where the viewer may do some of it. @param document that has passed validation. */
export type RefuseOperation = (document: DocumentNode, operationName: string | null | undefined, viewer: Principal) => Refusal | undefined;

export function createRefusals(schema: GraphQLSchema): RefuseOperation {
  const refusing = new GraphQLSchema({
    query: withoutArguments(schema.getQueryType()!, false),
    mutation: withoutArguments(schema.getMutationType()!, true),
    assumeValid: true,
  });
  const roots = { query: schema.getQueryType()!.name, mutation: schema.getMutationType()!.name };
  return (document, operationName, viewer) => {
    const operation = getOperationAST(document, operationName);
    if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
    const fields = rootFields(document, operation.selectionSet).filter((name) => name !== '__typename');
    const root = roots[operation.operation];
    const isRefused = fields.length > 0 && fields.every((name) => !name.startsWith('__') && !isAllowed(viewer, `${root}.${name}`));
    return isRefused ? { schema: refusing, document: withFlagsOnly(document, operation) } : undefined;
  };
}

function withoutArguments(root: GraphQLObjectType, isMutation: boolean): GraphQLObjectType {
  const fields = Object.values(root.getFields()).map(({ name, type }) => {
    const resolve = (_source: unknown, _args: unknown, { viewer }: GraphQLContext) => {
      try {
        return checkRole(viewer, `${root.name}.${name}`);
      } catch (error) {
        return answerTo(error, isMutation);
      }
    };
    return [name, { type, resolve }] as const;
  });
  return new GraphQLObjectType({ name: root.name, fields: Object.fromEntries(fields) });
}

function isAllowed(viewer: Principal, operation: string): boolean {
  try {
    checkRole(viewer, operation);
    return true;
  } catch {
    return false;
  }
}

/** Names of an operation's fields, those of fragments included. */
function rootFields({ definitions }: DocumentNode, selectionSet: SelectionSetNode): string[] {
  const spread = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): string[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection.name.value];
      if (selection.kind === Kind.INLINE_FRAGMENT) return collect(selection.selectionSet);
      const name = selection.name.value;
      if (spread.has(name)) return [];
      spread.add(name);
      const fragment = definitions.find((definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name);
      return fragment?.kind === Kind.FRAGMENT_DEFINITION ? collect(fragment.selectionSet) : [];
    });
  return collect(selectionSet);
}

/** Variables of which `@skip` and `@include` make use are read; there are no arguments for others. */
function withFlagsOnly(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const variableDefinitions = operation.variableDefinitions?.filter(({ type }) => isFlag(type));
  const definitions = document.definitions.map((definition) =>
    definition === operation ? { ...operation, variableDefinitions } : definition,
  );
  return { ...document, definitions };
}

function isFlag(type: TypeNode): boolean {
  if (type.kind === Kind.LIST_TYPE) return false;
  return type.kind === Kind.NON_NULL_TYPE ? isFlag(type.type) : type.name.value === 'Boolean';
}
