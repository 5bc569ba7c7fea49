/** A share as messages write it. */
export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
