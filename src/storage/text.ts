/** Text that the database takes: PostgreSQL has no place for NUL, nor, in JSON, for half of a surrogate pair. @module */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

export const isStorable = (text: string) => !UNSTORABLE.test(text);

/** With U+FFFD for what is not. */
export const storable = (text: string) => text.replace(new RegExp(UNSTORABLE, 'gu'), '\uFFFD');
