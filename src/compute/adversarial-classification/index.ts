/** Adversarial classification (Dalvi et al. 2004): a game between naive Bayes and an adversary that pays for changes of features. @module */
export { minimumCostCamouflage, costOf, type Camouflage } from './camouflage.js';
export type { FeaturePlan } from './features.js';
export type { AdversaryUtilities, ClassifierUtilities, Cost, Game } from './game.js';
export { fitNaiveBayes, type LabelledRows, logOddsOf, type NaiveBayes } from './naive-bayes.js';
export { type GamePlan, type GameResult, type Played, playGame } from './play.js';
export { Players } from './reply.js';
