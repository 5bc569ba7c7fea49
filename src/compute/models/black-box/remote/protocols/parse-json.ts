/** JSON of a form that is known. @module */
import type { z } from 'zod';

const utf8 = new TextDecoder();

/** @throws Error that says what is wrong. */
export function parseJson<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    throw new Error('it is not JSON');
  }
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const { path, message } = error!.issues[0]!;
  throw new Error(`${path.join('.') || 'it'}: ${message}`);
}
