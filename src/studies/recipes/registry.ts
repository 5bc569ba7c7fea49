/** All recipes. A new one is one file here and one line below. @module */
import type { Recipe } from '../types.js';
import { adversarialClassification } from './adversarial-classification.js';
import { crossTechnique } from './cross-technique.js';
import { f1 } from './f1.js';
import { f2 } from './f2.js';
import { f3 } from './f3.js';
import { f4 } from './f4.js';
import { f5 } from './f5.js';
import { f6 } from './f6.js';
import { f7 } from './f7.js';
import { securityCurves } from './security-curves.js';

export const recipes: readonly Recipe[] = [f1, f2, f3, f4, f5, f6, f7, crossTechnique, securityCurves, adversarialClassification];
