/** Names of files that are downloaded. @module */

/** Of a name that a client gave, which may have slashes in it. */
export const fileNameOf = (name: string) => name.replaceAll(/[/\\]/g, '-');
