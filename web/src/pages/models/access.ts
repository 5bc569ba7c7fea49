/** What attacks can use of a model, in words. @module */
export const ACCESS = { GRADIENT: 'gradients', SCORE: 'scores only', DECISION: 'decisions only' } as const;
