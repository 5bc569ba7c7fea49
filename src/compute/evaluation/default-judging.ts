/** What success is decided on where nobody says. @module */
import type { Judging } from '../distances/index.js';

/** Images of whole levels are stored as such, and an adversarial one that no file can hold fools nobody. */
export const defaultJudging = ({ bitDepth }: { readonly bitDepth: number }): Judging => (bitDepth <= 16 ? 'STORED' : 'FLOAT');
