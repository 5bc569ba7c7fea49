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

export const CROCE_HEIN_2020: AttackReference = {
  title: 'Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks',
  authors: 'Croce, Hein',
  year: 2020,
  link: 'arXiv:2003.01690',
};

export const RONY_2019: AttackReference = {
  title: 'Decoupling Direction and Norm for Efficient Gradient-Based L2 Adversarial Attacks and Defenses',
  authors: 'Rony, Hafemann, Oliveira, Ben Ayed, Sabourin, Granger',
  year: 2019,
  link: 'arXiv:1811.09600',
};

export const CROCE_HEIN_2020_FAB: AttackReference = {
  title: 'Minimally distorted Adversarial Examples with a Fast Adaptive Boundary Attack',
  authors: 'Croce, Hein',
  year: 2020,
  link: 'arXiv:1907.02044',
};

export const MOOSAVI_2016: AttackReference = {
  title: 'DeepFool: a simple and accurate method to fool deep neural networks',
  authors: 'Moosavi-Dezfooli, Fawzi, Frossard',
  year: 2016,
  link: 'arXiv:1511.04599',
};

export const PINTOR_2021: AttackReference = {
  title: 'Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints',
  authors: 'Pintor, Roli, Brendel, Biggio',
  year: 2021,
  link: 'arXiv:2102.12827',
};

export const CARLINI_WAGNER_2017: AttackReference = {
  title: 'Towards Evaluating the Robustness of Neural Networks',
  authors: 'Carlini, Wagner',
  year: 2017,
  link: 'arXiv:1608.04644',
};

export const CHEN_2018: AttackReference = {
  title: 'EAD: Elastic-Net Attacks to Deep Neural Networks via Adversarial Examples',
  authors: 'Chen, Sharma, Zhang, Yi, Hsieh',
  year: 2018,
  link: 'arXiv:1709.04114',
};

export const PAPERNOT_2016: AttackReference = {
  title: 'The Limitations of Deep Learning in Adversarial Settings',
  authors: 'Papernot, McDaniel, Jha, Fredrikson, Celik, Swami',
  year: 2016,
  link: 'arXiv:1511.07528',
};

export const SZEGEDY_2013: AttackReference = {
  title: 'Intriguing properties of neural networks',
  authors: 'Szegedy, Zaremba, Sutskever, Bruna, Erhan, Goodfellow, Fergus',
  year: 2013,
  link: 'arXiv:1312.6199',
};
