/** Layers that change images at random in training, and not in predictions. @module */
import { computes, type KerasLayer, type LayerTable, sameShape } from '../layer.js';

const ofTraining = (name: string): KerasLayer => ({
  ...sameShape,
  ...computes((call) => call.input(0).plain),
  mask: 'PASSED',
  // Noise that cannot be had from a seed.
  randomInTraining: () => name,
});

const NAMES = [
  'AlphaDropout',
  'AugMix',
  'CutMix',
  'GaussianDropout',
  'GaussianNoise',
  'MixUp',
  'RandAugment',
  'RandomBrightness',
  'RandomColorDegeneration',
  'RandomColorJitter',
  'RandomContrast',
  'RandomElasticTransform',
  'RandomErasing',
  'RandomFlip',
  'RandomGaussianBlur',
  'RandomGrayscale',
  'RandomHeight',
  'RandomHue',
  'RandomInvert',
  'RandomPerspective',
  'RandomPosterization',
  'RandomRotation',
  'RandomSaturation',
  'RandomSharpness',
  'RandomShear',
  'RandomTranslation',
  'RandomWidth',
  'RandomZoom',
];

export const augmentations: LayerTable = {
  ...Object.fromEntries(NAMES.map((name) => [name, ofTraining(name)])),
  SpatialDropout1D: { ...ofTraining('SpatialDropout1D'), rank: 3 },
  SpatialDropout2D: { ...ofTraining('SpatialDropout2D'), rank: 4 },
  SpatialDropout3D: { ...ofTraining('SpatialDropout3D'), rank: 5 },
};
