import type { Evaluation } from './generated/client.js';

/** As queries answer with it, unless they ask for the outcomes of single examples too. */
export type EvaluationRow = Omit<Evaluation, 'outcomes' | 'cleanRight' | 'adversarialRight'>;
