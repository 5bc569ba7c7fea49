import type { Model } from './generated/client.js';

type Known = 'output' | 'fingerprint' | 'operations';

/** A model that passed its validation: what was found is there. */
export type ReadyModel = Model & { [Field in Known]: NonNullable<Model[Field]> };

/** The database holds READY rows to this. */
export const isReady = (model: Model): model is ReadyModel => model.status === 'READY';
