import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { MAGNITUDES, parseMagnitude } from '../../compute/parameters/index.js';

function parseValue(input: unknown): number {
  try {
    return parseMagnitude(input);
  } catch (error) {
    // GraphQL keeps the message of an error of its own as it is.
    throw new GraphQLError((error as RangeError).message);
  }
}

function parseLiteral(node: ValueNode): number {
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return parseValue(Number(node.value));
  if (node.kind === Kind.STRING) return parseValue(node.value);
  throw new GraphQLError(MAGNITUDES, { nodes: node });
}

export const Magnitude = new GraphQLScalarType<number, number>({
  name: 'Magnitude',
  description:
    'A length in units of the pixel range: a number, or a string such as `"8/255"` or `"0.03"`, not negative. Returned as a number. The range is that of the data, whatever the model makes of it. An L∞ budget is at most 1; budgets in norms that add up pixels may be larger.',
  parseValue,
  parseLiteral,
  serialize: (value) => Number(value),
});
