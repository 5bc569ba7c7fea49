import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

const ALLOWED =
  'A magnitude is a number that is not negative, or a fraction as a string, such as 0.03 or "8/255": a share of the pixel range.';

/** Number of pixel ranges, from a number, a decimal string or a fraction. @throws GraphQLError saying what is allowed. */
export function parseMagnitude(input: unknown): number {
  const value = typeof input === 'string' ? parseText(input) : input;
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw new GraphQLError(`${JSON.stringify(input)} is not a Magnitude. ${ALLOWED}`);
  }
  return value;
}

function parseText(text: string): number {
  const number = String.raw`(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d+))?`;
  const match = new RegExp(`^\\s*(${number})(?:\\s*/\\s*(${number}))?\\s*$`, 'i').exec(text);
  if (!match) return Number.NaN;
  const [, numerator, , , denominator] = match;
  // x/0 is Infinity or NaN; both are refused.
  return Number(numerator) / (denominator === undefined ? 1 : Number(denominator));
}

function parseLiteral(node: ValueNode): number {
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return parseMagnitude(Number(node.value));
  if (node.kind === Kind.STRING) return parseMagnitude(node.value);
  throw new GraphQLError(ALLOWED, { nodes: node });
}

export const Magnitude = new GraphQLScalarType<number, number>({
  name: 'Magnitude',
  description:
    'A length in units of the pixel range: a number, or a string such as `"8/255"` or `"0.03"`, not negative. Returned as a number. The range is that of the data, whatever the model makes of it. An L∞ budget is at most 1; budgets in norms that add up pixels may be larger.',
  parseValue: parseMagnitude,
  parseLiteral,
  serialize: (value) => Number(value),
});
