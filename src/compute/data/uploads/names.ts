/** Names of files. @module */

export const baseName = (name: string) => name.slice(name.lastIndexOf('/') + 1);

const MAXIMUM_NAME = 200;

/** The first five, for messages. */
export const namesOf = (files: readonly { readonly name: string }[]) =>
  files.length === 0
    ? 'none'
    : `${files
        .slice(0, 5)
        .map(({ name }) => name.slice(0, MAXIMUM_NAME))
        .join(', ')}${files.length > 5 ? ', …' : ''}`;
