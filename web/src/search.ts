/** What a page keeps in the address, typed: a link shows a colleague the same. What is not allowed is left out. @module */

type Parser<Value> = (value: unknown) => Value | undefined;

export const text: Parser<string> = (value) =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

export const number: Parser<number> = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

export const flag: Parser<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

export const oneOf =
  <const Value extends string>(...values: readonly Value[]): Parser<Value> =>
  (value) =>
    values.find((allowed) => allowed === value);

export const list: Parser<string[]> = (value) =>
  Array.isArray(value)
    ? value.filter((entry): entry is string => typeof entry === 'string')
    : typeof value === 'string'
      ? [value]
      : undefined;

type Parsed<Parsers> = { [Name in keyof Parsers]?: Parsers[Name] extends Parser<infer Value> ? Value : never };

/** Reads the search parameters of a route. */
export const search =
  <Parsers extends Record<string, Parser<unknown>>>(parsers: Parsers) =>
  (raw: Record<string, unknown>): Parsed<Parsers> =>
    // Also those without a value: the router merges this into the raw parameters.
    Object.fromEntries(Object.entries(parsers).map(([name, parse]) => [name, parse(raw[name])])) as Parsed<Parsers>;
