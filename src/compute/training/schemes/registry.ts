/** All training schemes. A new one is one file here and one line below. @module */
import { findNamed, type ParameterValues } from '../../parameters/index.js';
import type { TrainingScheme } from '../types.js';
import { algorithm1Definition } from './algorithm1.js';
import { awpDefinition } from './awp.js';
import { defensiveDistillationDefinition } from './defensive-distillation.js';
import type { SchemeDefinition, SchemeResources } from './definition.js';
import { ensembleDefinition } from './ensemble.js';
import { fastDefinition } from './fast.js';
import { fgsmObjectiveDefinition } from './fgsm-objective.js';
import { freeDefinition } from './free.js';
import { gaussianNoiseDefinition } from './gaussian-noise.js';
import { macerDefinition } from './macer.js';
import { martDefinition } from './mart.js';
import { cutMixDefinition, mixUpDefinition } from './mixing.js';
import { pgdDefinition } from './pgd.js';
import { smoothAdvDefinition } from './smooth-adv.js';
import { standardDefinition } from './standard.js';
import { strongAdversaryDefinition } from './strong-adversary.js';
import { tradesDefinition } from './trades.js';
import { vatDefinition } from './vat.js';

export const schemes: readonly SchemeDefinition[] = [
  standardDefinition,
  algorithm1Definition,
  pgdDefinition,
  fastDefinition,
  freeDefinition,
  tradesDefinition,
  martDefinition,
  awpDefinition,
  fgsmObjectiveDefinition,
  strongAdversaryDefinition,
  vatDefinition,
  gaussianNoiseDefinition,
  smoothAdvDefinition,
  macerDefinition,
  mixUpDefinition,
  cutMixDefinition,
  ensembleDefinition,
  defensiveDistillationDefinition,
];

/** @throws ComputeError INVALID_TRAINING, naming the schemes that there are. */
export function findScheme(name: string): SchemeDefinition {
  return findNamed(schemes, name, 'INVALID_TRAINING', 'scheme', 'training scheme');
}

/** A scheme by its name. @throws ComputeError INVALID_TRAINING */
export function createScheme(name: string, parameters: ParameterValues, resources: SchemeResources): TrainingScheme {
  const definition = findScheme(name);
  definition.check?.(parameters, { batchSize: resources.batchSize, modelCount: resources.models?.length ?? 0 });
  return definition.create(parameters, resources);
}
