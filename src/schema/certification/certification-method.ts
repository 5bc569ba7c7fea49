import { registerEnumType } from 'type-graphql';
import { CERTIFICATION_METHODS, type CertificationMethod } from '../../compute/evaluation/index.js';

export const CertificationMethodName = Object.fromEntries(CERTIFICATION_METHODS.map((name) => [name, name])) as Readonly<
  Record<CertificationMethod, CertificationMethod>
>;

registerEnumType(CertificationMethodName, {
  name: 'CertificationMethod',
  description: 'How a model is certified.',
  valuesConfig: {
    SMOOTHING: { description: 'Randomized smoothing with normal noise (Cohen et al. 2019): radii in L2.' },
    SMOOTHING_L1: { description: 'Randomized smoothing with uniform noise (Yang et al. 2020): radii in L1.' },
    PREDICT: {
      description: 'The class of the smoothed classifier, without a radius: accuracy with noise of all who deploy it (Cohen et al. 2019).',
    },
    IBP: {
      description:
        'Interval bounds of the network (Gowal et al. 2018): radii in L∞. Fast and loose, tight for networks that were trained for it.',
    },
    CROWN_IBP: { description: 'Linear bounds of the margins on interval bounds of the layers (Zhang et al. 2020): radii in L∞.' },
    CROWN: { description: 'Linear bounds of all layers (Zhang et al. 2018): radii in L∞. For small networks.' },
  },
});
