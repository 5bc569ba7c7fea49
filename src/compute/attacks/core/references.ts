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

export const ANDRIUSHCHENKO_2020: AttackReference = {
  title: 'Square Attack: a query-efficient black-box adversarial attack via random search',
  authors: 'Andriushchenko, Croce, Flammarion, Hein',
  year: 2020,
  link: 'arXiv:1912.00049',
};

export const CARLINI_2019: AttackReference = {
  title: 'On Evaluating Adversarial Robustness',
  authors: 'Carlini, Athalye, Papernot, Brendel, Rauber, Tsipras, Goodfellow, Madry, Kurakin',
  year: 2019,
  link: 'arXiv:1902.06705',
};

export const GUO_2019: AttackReference = {
  title: 'Simple Black-box Adversarial Attacks',
  authors: 'Guo, Gardner, You, Wilson, Weinberger',
  year: 2019,
  link: 'arXiv:1905.07121',
};

export const ILYAS_2018: AttackReference = {
  title: 'Black-box Adversarial Attacks with Limited Queries and Information',
  authors: 'Ilyas, Engstrom, Athalye, Lin',
  year: 2018,
  link: 'arXiv:1804.08598',
};

export const UESATO_2018: AttackReference = {
  title: 'Adversarial Risk and the Dangers of Evaluating Against Weak Attacks',
  authors: 'Uesato, O’Donoghue, van den Oord, Kohli',
  year: 2018,
  link: 'arXiv:1802.05666',
};

export const SU_2019: AttackReference = {
  title: 'One Pixel Attack for Fooling Deep Neural Networks',
  authors: 'Su, Vargas, Sakurai',
  year: 2019,
  link: 'arXiv:1710.08864',
};

export const BRENDEL_2018: AttackReference = {
  title: 'Decision-Based Adversarial Attacks: Reliable Attacks Against Black-Box Machine Learning Models',
  authors: 'Brendel, Rauber, Bethge',
  year: 2018,
  link: 'arXiv:1712.04248',
};

export const CHEN_2020: AttackReference = {
  title: 'HopSkipJumpAttack: A Query-Efficient Decision-Based Attack',
  authors: 'Chen, Jordan, Wainwright',
  year: 2020,
  link: 'arXiv:1904.02144',
};

export const ENGSTROM_2019: AttackReference = {
  title: 'Exploring the Landscape of Spatial Robustness',
  authors: 'Engstrom, Tran, Tsipras, Schmidt, Madry',
  year: 2019,
  link: 'arXiv:1712.02779',
};

export const SHAFAHI_2020: AttackReference = {
  title: 'Universal Adversarial Training',
  authors: 'Shafahi, Najibi, Xu, Dickerson, Davis, Goldstein',
  year: 2020,
  link: 'arXiv:1811.11304',
};

export const BROWN_2017: AttackReference = {
  title: 'Adversarial Patch',
  authors: 'Brown, Mané, Roy, Abadi, Gilmer',
  year: 2017,
  link: 'arXiv:1712.09665',
};

export const PAPERNOT_2017: AttackReference = {
  title: 'Practical Black-Box Attacks against Machine Learning',
  authors: 'Papernot, McDaniel, Goodfellow, Jha, Celik, Swami',
  year: 2017,
  link: 'arXiv:1602.02697',
};

export const ATHALYE_2018_OBFUSCATED: AttackReference = {
  title: 'Obfuscated Gradients Give a False Sense of Security: Circumventing Defenses to Adversarial Examples',
  authors: 'Athalye, Carlini, Wagner',
  year: 2018,
  link: 'arXiv:1802.00420',
};

export const ATHALYE_2018_EOT: AttackReference = {
  title: 'Synthesizing Robust Adversarial Examples',
  authors: 'Athalye, Engstrom, Ilyas, Kwok',
  year: 2018,
  link: 'arXiv:1707.07397',
};
