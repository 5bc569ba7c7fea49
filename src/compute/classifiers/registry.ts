/** All kinds of classical classifiers. A new one is one file of `kinds` and one line below. @module */
import { findNamed } from '../parameters/index.js';
import type { ClassifierDefinition } from './core/definition.js';
import { decisionTree } from './kinds/decision-tree.js';
import { gradientBoosting } from './kinds/gradient-boosting.js';
import { linearSvm } from './kinds/linear-svm.js';
import { logisticRegression } from './kinds/logistic-regression.js';
import { naiveBayes } from './kinds/naive-bayes.js';
import { nearestNeighbours } from './kinds/nearest-neighbours.js';
import { randomForest } from './kinds/random-forest.js';
import { svm } from './kinds/svm.js';

export const classifiers: readonly ClassifierDefinition[] = [
  logisticRegression,
  linearSvm,
  svm,
  naiveBayes,
  decisionTree,
  randomForest,
  gradientBoosting,
  nearestNeighbours,
];

/** @throws ComputeError INVALID_TRAINING, naming those that there are. */
export function findClassifier(name: string): ClassifierDefinition {
  return findNamed(classifiers, name, 'INVALID_TRAINING', 'classifier', 'kind of classifier');
}
