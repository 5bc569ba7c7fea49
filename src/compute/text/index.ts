/** Classifiers of texts, trained plainly, adversarially or virtually adversarially (Miyato, Dai & Goodfellow 2017, arXiv 1605.07725). @module */
export { embedded, maskOf, normalised, type TextNetwork, textLogits, textWeights } from './lstm.js';
export { adversarial, random, virtualAdversarial } from './perturbations.js';
export { type Perturbation, predictText, type TextTraining, type Texts, trainText } from './train.js';
export { Vocabulary, wordsOf } from './words.js';
