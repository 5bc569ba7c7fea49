/** What counts as one, as messages say it. */
export const MAGNITUDES =
  'A magnitude is a number that is not negative, or a fraction as a string, such as 0.03 or "8/255": a share of the pixel range.';

/** Number of pixel ranges, from a number, a decimal string or a fraction. @throws RangeError saying what is allowed. */
export function parseMagnitude(input: unknown): number {
  const value = typeof input === 'string' ? parseText(input) : input;
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw new RangeError(`${JSON.stringify(input)} is not a Magnitude. ${MAGNITUDES}`);
  }
  return value;
}

/**
 * A magnitude as text that {@link parseMagnitude} reads back to the same number: a fraction of 255 where that is shorter, such as 8/255, else all digits.
 */
export function formatMagnitude(value: number): string {
  const levels = Math.round(255 * value);
  const [fraction, decimal] = [`${levels}/255`, String(value)];
  return levels / 255 === value && fraction.length < decimal.length ? fraction : decimal;
}

function parseText(text: string): number {
  const number = String.raw`(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d+))?`;
  const match = new RegExp(`^\\s*(${number})(?:\\s*/\\s*(${number}))?\\s*$`, 'i').exec(text);
  if (!match) return Number.NaN;
  const [, numerator, , , denominator] = match;
  // x/0 is Infinity or NaN; both are refused.
  return Number(numerator) / (denominator === undefined ? 1 : Number(denominator));
}
