/** Papers that attacks are from. @module */
import type { AttackReference } from './types.js';

export const GOODFELLOW_2014: AttackReference = {
  title: 'Explaining and Harnessing Adversarial Examples',
  authors: 'Goodfellow, Shlens, Szegedy',
  year: 2014,
  link: 'arXiv:1412.6572',
};

export const KURAKIN_2016_PHYSICAL: AttackReference = {
  title: 'Adversarial Examples in the Physical World',
  authors: 'Kurakin, Goodfellow, Bengio',
  year: 2016,
  link: 'arXiv:1607.02533',
};

export const KURAKIN_2016_SCALE: AttackReference = {
  title: 'Adversarial Machine Learning at Scale',
  authors: 'Kurakin, Goodfellow, Bengio',
  year: 2016,
  link: 'arXiv:1611.01236',
};
