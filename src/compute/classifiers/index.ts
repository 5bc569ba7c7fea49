/** Classical classifiers, fitted to a data set and written as ONNX: linear ones, support vector machines, naive Bayes, trees and neighbours. @module */
export type { ClassifierDefinition, ClassifierReference } from './core/definition.js';
export { type ClassifierPlan, fitClassifier, type FittedClassifier } from './fit.js';
export { classifiers, findClassifier } from './registry.js';
