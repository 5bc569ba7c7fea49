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

export const GAO_2020: AttackReference = {
  title: 'Patch-wise Attack for Fooling Deep Neural Network',
  authors: 'Gao, Zhang, Song, Liu, Shen',
  year: 2020,
  link: 'arXiv:2007.06765',
};

export const GAO_2021: AttackReference = {
  title: 'Patch-wise++ Perturbation for Adversarial Targeted Attacks',
  authors: 'Gao, Zhang, Song, Shen',
  year: 2021,
  link: 'arXiv:2012.15503',
};

export const WANG_2021_ADMIX: AttackReference = {
  title: 'Admix: Enhancing the Transferability of Adversarial Attacks',
  authors: 'Wang, He, Wang, He',
  year: 2021,
  link: 'arXiv:2102.00436',
};

export const LONG_2022: AttackReference = {
  title: 'Frequency Domain Model Augmentation for Adversarial Attack',
  authors: 'Long, Zhang, Zeng, Gao, Liu, Zhang, Song',
  year: 2022,
  link: 'arXiv:2207.05382',
};

export const WANG_2023: AttackReference = {
  title: 'Structure Invariant Transformation for better Adversarial Transferability',
  authors: 'Wang, Zhang, Zhang',
  year: 2023,
  link: 'arXiv:2309.14700',
};

export const WANG_2024: AttackReference = {
  title: 'Boosting Adversarial Transferability by Block Shuffle and Rotation',
  authors: 'Wang, He, Wang, Wang',
  year: 2024,
  link: 'arXiv:2308.10299',
};

export const GE_2023: AttackReference = {
  title: 'Boosting Adversarial Transferability by Achieving Flat Local Maxima',
  authors: 'Ge, Liu, Wang, Shang, Liu',
  year: 2023,
  link: 'arXiv:2306.05225',
};
