/** What success is decided on where nobody says. @module */
import type { Judging } from '../distances/index.js';

/** Images of 8 bits are stored as such, and an adversarial one that no file can hold fools nobody. */
export const defaultJudging = ({ bitDepth }: { readonly bitDepth: number }): Judging => (bitDepth === 8 ? 'STORED' : 'FLOAT');
