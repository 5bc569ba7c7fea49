/** Papers that transfer attacks are from. @module */
import type { AttackReference } from '../core/definition.js';

export const DONG_2018: AttackReference = {
  title: 'Boosting Adversarial Attacks with Momentum',
  authors: 'Dong, Liao, Pang, Su, Zhu, Hu, Li',
  year: 2018,
  link: 'arXiv:1710.06081',
};

export const XIE_2019: AttackReference = {
  title: 'Improving Transferability of Adversarial Examples with Input Diversity',
  authors: 'Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille',
  year: 2019,
  link: 'arXiv:1803.06978',
};

export const DONG_2019: AttackReference = {
  title: 'Evading Defenses to Transferable Adversarial Examples by Translation-Invariant Attacks',
  authors: 'Dong, Pang, Su, Zhu',
  year: 2019,
  link: 'arXiv:1904.02884',
};

export const LIN_2020: AttackReference = {
  title: 'Nesterov Accelerated Gradient and Scale Invariance for Adversarial Attacks',
  authors: 'Lin, Song, He, Wang, Hopcroft',
  year: 2020,
  link: 'arXiv:1908.06281',
};

export const WANG_2021: AttackReference = {
  title: 'Enhancing the Transferability of Adversarial Attacks through Variance Tuning',
  authors: 'Wang, He',
  year: 2021,
  link: 'arXiv:2103.15571',
};
