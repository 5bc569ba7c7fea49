/** Papers that attacks are from. @module */
import type { AttackReference } from './definition.js';

export const GOODFELLOW_2014: AttackReference = {
  title: 'Explaining and Harnessing Adversarial Examples',
  authors: 'Goodfellow, Shlens, Szegedy',
  year: 2014,
  link: 'arXiv:1412.6572',
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

export const MADRY_2017: AttackReference = {
  title: 'Towards Deep Learning Models Resistant to Adversarial Attacks',
  authors: 'Madry, Makelov, Schmidt, Tsipras, Vladu',
  year: 2017,
  link: 'arXiv:1706.06083',
};

export const CROCE_HEIN_2020: AttackReference = {
  title: 'Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks',
  authors: 'Croce, Hein',
  year: 2020,
  link: 'arXiv:2003.01690',
};

export const CROCE_HEIN_2021: AttackReference = {
  title: 'Mind the Box: l1-APGD for Sparse Adversarial Attacks on Image Classifiers',
  authors: 'Croce, Hein',
  year: 2021,
  link: 'arXiv:2103.01208',
};
