/** Largest page of a list. */
export const MAX_PAGE = 100;
/** Page size where none is asked for. */
export const DEFAULT_PAGE = 20;
