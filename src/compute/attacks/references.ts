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

export const TRAMER_2017: AttackReference = {
  title: 'Ensemble Adversarial Training: Attacks and Defenses',
  authors: 'Tramèr, Kurakin, Papernot, Goodfellow, Boneh, McDaniel',
  year: 2017,
  link: 'arXiv:1705.07204',
};

export const RAUBER_2017: AttackReference = {
  title: 'Foolbox: A Python toolbox to benchmark the robustness of machine learning models',
  authors: 'Rauber, Brendel, Bethge',
  year: 2017,
  link: 'arXiv:1707.04131',
};

export const MADRY_2017: AttackReference = {
  title: 'Towards Deep Learning Models Resistant to Adversarial Attacks',
  authors: 'Madry, Makelov, Schmidt, Tsipras, Vladu',
  year: 2017,
  link: 'arXiv:1706.06083',
};

export const TRAMER_BONEH_2019: AttackReference = {
  title: 'Adversarial Training and Robustness for Multiple Perturbations',
  authors: 'Tramèr, Boneh',
  year: 2019,
  link: 'arXiv:1904.13000',
};
