/** All generated pages. A new one is one file here and one line below. @module */
import type { GeneratedPage } from '../page.js';
import { accessPage } from './access.js';
import { apiPages } from './api.js';
import { attackPage } from './attacks.js';
import { peersPage } from './attacks-of-peers.js';
import { budgetPage } from './budgets.js';
import { configuration } from './configuration.js';
import { dataPage } from './data.js';
import { errorPage } from './errors.js';
import { findingPage } from './findings.js';
import { operatorPage } from './operators.js';
import { studyPage } from './studies.js';
import { trainingPage } from './training.js';

export const pages: readonly GeneratedPage[] = [
  configuration,
  accessPage,
  errorPage,
  attackPage,
  peersPage,
  budgetPage,
  trainingPage,
  findingPage,
  dataPage,
  operatorPage,
  studyPage,
  ...apiPages,
];
