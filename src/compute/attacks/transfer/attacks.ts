/** The named transfer attacks, each of one part or two of {@link TransferParts}, and the one that combines them. @module */
import { boolean, choice, integer } from '../../parameters/index.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { admix, ADMIX_PARAMETERS, mixedImages, type OtherImages, prepareMixed } from './admix.js';
import { BLOCK_PARAMETERS, shuffledBlocks, structure } from './blocks.js';
import { diversityParameters, inputDiversity } from './diversity.js';
import type { ViewPart } from './parts.js';
import { patchWiseParameters } from './patch-wise.js';
import { penaltyParameters } from './penalty.js';
import {
  DONG_2018,
  DONG_2019,
  GAO_2020,
  GAO_2021,
  GE_2023,
  LIN_2020,
  LONG_2022,
  WANG_2021,
  WANG_2021_ADMIX,
  WANG_2023,
  WANG_2024,
  XIE_2019,
} from './references.js';
import { scaleParameters } from './scale.js';
import { spectrum, SPECTRUM_PARAMETERS } from './spectrum.js';
import { transferAttack, transferParameters } from './transfer-attack.js';
import { translation, translationParameters } from './translation.js';
import { varianceParameters } from './variance.js';

const MEMBER = { access: 'GRADIENT', norms: ['LINF'], targeted: true, budget: linfBudget } as const;

/** The gradient as it is (Dong et al. 2018). */
export const miFgsm = defineAttack({
  ...MEMBER,
  kind: 'MI_FGSM',
  name: 'miFgsm',
  title: 'MI-FGSM',
  description: 'Iterated sign steps with momentum, whose images transfer better to other models.',
  reference: DONG_2018,
  parameters: transferParameters(1),
  run: (task, values) => transferAttack(task, values),
});

/** The gradient one step ahead (Lin et al. 2020). */
export const niFgsm = defineAttack({
  ...MEMBER,
  kind: 'NI_FGSM',
  name: 'niFgsm',
  title: 'NI-FGSM',
  description: "Iterated sign steps with Nesterov's momentum: the gradient is taken where the momentum is about to lead.",
  reference: LIN_2020,
  parameters: transferParameters(1),
  run: (task, values) => transferAttack(task, values, { nesterov: true }),
});

/** Each gradient is taken of an image that has been made smaller and shifted at random (Xie et al. 2019). */
export const diFgsm = defineAttack({
  ...MEMBER,
  kind: 'DI_FGSM',
  name: 'diFgsm',
  title: 'DI²-FGSM',
  description: 'Iterated sign steps along gradients of randomly resized and padded images; with momentum it is M-DI²-FGSM.',
  reference: XIE_2019,
  parameters: { ...transferParameters(0), ...diversityParameters(0.5) },
  run: (task, values) => transferAttack(task, values, { views: those(inputDiversity(values, task.model.spec.inputShape)) }),
});

/** The gradient smoothed by a kernel, which stands for its mean over shifted images (Dong et al. 2019). */
export const tiFgsm = defineAttack({
  ...MEMBER,
  kind: 'TI_FGSM',
  name: 'tiFgsm',
  title: 'TI-FGSM',
  description: 'Iterated sign steps along a smoothed gradient, which fool other models better; with momentum it is TI-MI-FGSM.',
  reference: DONG_2019,
  parameters: { ...transferParameters(0), ...translationParameters('GAUSSIAN') },
  run: (task, values) => transferAttack(task, values, { translation: translation(values, task.model.spec.inputShape) }),
});

/** NI-FGSM on the sum of the losses of the images scaled by 1, 1/2, 1/4, … (Lin et al. 2020). */
export const siNiFgsm = defineAttack({
  ...MEMBER,
  kind: 'SI_NI_FGSM',
  name: 'siNiFgsm',
  title: 'SI-NI-FGSM',
  description: "Nesterov's momentum on the gradient over several copies of the image at lower and lower brightness.",
  reference: LIN_2020,
  parameters: { ...transferParameters(1), ...scaleParameters(5) },
  run: (task, values) => transferAttack(task, values, { nesterov: true, copies: values.copies }),
});

/** MI-FGSM with the gradient's variance around the last point added to each gradient (Wang & He 2021). */
export const vmiFgsm = defineAttack({
  ...MEMBER,
  kind: 'VMI_FGSM',
  name: 'vmiFgsm',
  title: 'VMI-FGSM',
  description: 'MI-FGSM with gradients corrected by their mean over random neighbours of the point before.',
  reference: WANG_2021,
  parameters: { ...transferParameters(1), ...varianceParameters(20) },
  run: (task, values) => transferAttack(task, values, { variance: values }),
});

/** VMI-FGSM with gradients taken one step ahead (Wang & He 2021). */
export const vniFgsm = defineAttack({
  ...MEMBER,
  kind: 'VNI_FGSM',
  name: 'vniFgsm',
  title: 'VNI-FGSM',
  description: "Nesterov's momentum with gradients corrected by their mean over random neighbours of the point before.",
  reference: WANG_2021,
  parameters: { ...transferParameters(1), ...varianceParameters(20) },
  run: (task, values) => transferAttack(task, values, { nesterov: true, variance: values }),
});

/** Amplified steps, whose excess goes to the pixels around (Gao et al. 2020). */
export const piFgsm = defineAttack({
  ...MEMBER,
  kind: 'PI_FGSM',
  name: 'piFgsm',
  title: 'PI-FGSM',
  description: 'Patch-wise: long sign steps, and what exceeds the budget is spread over the pixels around.',
  reference: GAO_2020,
  parameters: { ...transferParameters(0), ...patchWiseParameters(10, 1) },
  run: (task, values) => transferAttack(task, values, { patchWise: values }),
});

/** PI-FGSM on a smoothed gradient (Gao et al. 2021). */
export const piFgsmPlusPlus = defineAttack({
  ...MEMBER,
  kind: 'PI_FGSM_PLUS_PLUS',
  name: 'piFgsmPlusPlus',
  title: 'PI-FGSM++',
  description: 'Patch-wise steps along a smoothed gradient. Without the temperature that the paper has for targets.',
  reference: GAO_2021,
  parameters: { ...transferParameters(0), ...patchWiseParameters(10, 0.8), ...translationParameters('GAUSSIAN') },
  run: (task, values) => transferAttack(task, values, { patchWise: values, translation: translation(values, task.model.spec.inputShape) }),
});

/** MI-FGSM on views with a portion of other images, at several scales (Wang et al. 2021). */
export const admixFgsm = defineAttack({
  ...MEMBER,
  kind: 'ADMIX',
  name: 'admix',
  title: 'Admix',
  description:
    'Momentum on gradients of the image with small portions of images of other classes added, the last ones of the data set, at several scales of brightness.',
  reference: WANG_2021_ADMIX,
  parameters: { ...transferParameters(1), ...ADMIX_PARAMETERS, ...scaleParameters(5) },
  prepare: (preparation): Promise<OtherImages | undefined> => prepareMixed(preparation),
  preparesFrom: 'DATA',
  run: (task: AttackTask<OtherImages | undefined>, values) =>
    transferAttack(task, values, {
      views: [admix(values, mixedImages(task.prepared), task.model.spec.inputShape)],
      viewCount: values.mixed,
      copies: values.copies,
    }),
});

const VIEW_COUNT = (count: number) =>
  integer({
    default: count,
    minimum: 1,
    maximum: 100,
    description: `N: random views of each point, whose gradients are added; each costs a gradient. The paper has ${count}.`,
  });

/** MI-FGSM on views with other frequencies (Long et al. 2022). */
export const ssa = defineAttack({
  ...MEMBER,
  kind: 'SSA',
  name: 'ssa',
  title: 'SSA',
  description: 'Spectrum simulation: momentum on gradients of images whose frequencies are made stronger and weaker at random.',
  reference: LONG_2022,
  parameters: { ...transferParameters(1), ...SPECTRUM_PARAMETERS, viewCount: VIEW_COUNT(20) },
  run: (task, values) =>
    transferAttack(task, values, { views: [spectrum(values, task.model.spec.inputShape)], viewCount: values.viewCount }),
});

/** MI-FGSM on views whose blocks are changed each in its own way (Wang et al. 2023). */
export const sia = defineAttack({
  ...MEMBER,
  kind: 'SIA',
  name: 'sia',
  title: 'SIA',
  description:
    'Structure invariance: momentum on gradients of images whose blocks are shifted, mirrored, turned, dimmed or made noisy, each by itself.',
  reference: WANG_2023,
  parameters: { ...transferParameters(1), ...BLOCK_PARAMETERS, viewCount: VIEW_COUNT(20) },
  run: (task, values) =>
    transferAttack(task, values, { views: [structure(values.blocks, task.model.spec.inputShape)], viewCount: values.viewCount }),
});

/** MI-FGSM on views whose strips and blocks are turned and shuffled (Wang et al. 2024). */
export const bsr = defineAttack({
  ...MEMBER,
  kind: 'BSR',
  name: 'bsr',
  title: 'BSR',
  description:
    'Block shuffle and rotation: momentum on gradients of images that are cut into blocks, turned a little and put together in another order.',
  reference: WANG_2024,
  parameters: { ...transferParameters(1), ...BLOCK_PARAMETERS, viewCount: VIEW_COUNT(20) },
  run: (task, values) =>
    transferAttack(task, values, { views: [shuffledBlocks(values.blocks, task.model.spec.inputShape)], viewCount: values.viewCount }),
});

/** MI-FGSM towards flat regions of the loss (Ge et al. 2023). */
export const pgn = defineAttack({
  ...MEMBER,
  kind: 'PGN',
  name: 'pgn',
  title: 'PGN',
  description:
    'Penalised gradient norms: momentum on gradients at random neighbours and a step down their slopes, which leads to flat regions.',
  reference: GE_2023,
  parameters: { ...transferParameters(1), ...penaltyParameters(20) },
  run: (task, values) => transferAttack(task, values, { penalty: values }),
});

const VIEWS = {
  view: choice({
    enumName: 'TransferView',
    values: {
      NONE: 'The image as it is.',
      ADMIX: 'With portions of images of other classes (Admix).',
      SPECTRUM: 'With other frequencies (SSA).',
      STRUCTURE: 'With blocks that are changed each by itself (SIA).',
      SHUFFLE: 'With blocks that are turned and shuffled (BSR).',
    },
    default: 'NONE',
    description: 'Views of which gradients are taken; input diversity comes after.',
  }),
  viewCount: integer({
    default: 1,
    minimum: 1,
    maximum: 100,
    description: 'Random views of each point, of those and of input diversity, whose gradients are added; each costs a gradient.',
  }),
  portion: ADMIX_PARAMETERS.portion,
  ...SPECTRUM_PARAMETERS,
  ...BLOCK_PARAMETERS,
};

/** Every part in one attack, each off but for the momentum. With one part on it is the attack of that name. */
export const transferFgsm = defineAttack({
  ...MEMBER,
  kind: 'TRANSFER_FGSM',
  name: 'transferFgsm',
  title: 'Combined transfer attack',
  description:
    "Momentum, Nesterov's look-ahead, input diversity and other views, translation, scale, variance tuning, patch-wise steps and penalised gradient norms in one attack, each by its parameters: VT-SI-NI-TI-DI-FGSM has the first of them.",
  reference: WANG_2021,
  parameters: {
    ...transferParameters(1),
    nesterov: boolean({ default: false, description: 'Take the gradient where the momentum is about to lead (NI-FGSM).' }),
    ...diversityParameters(0),
    ...VIEWS,
    ...translationParameters('NONE'),
    ...scaleParameters(1),
    ...varianceParameters(0),
    ...penaltyParameters(0),
    ...patchWiseParameters(0, 1),
  },
  prepare: (preparation, { view }) => (view === 'ADMIX' ? prepareMixed(preparation) : Promise.resolve(undefined)),
  preparesFrom: 'DATA',
  run(task: AttackTask<OtherImages | undefined>, values) {
    const { inputShape } = task.model.spec;
    const view = () => {
      switch (values.view) {
        case 'NONE':
          return undefined;
        case 'ADMIX':
          return admix(values, mixedImages(task.prepared), inputShape);
        case 'SPECTRUM':
          return spectrum(values, inputShape);
        case 'STRUCTURE':
          return structure(values.blocks, inputShape);
        case 'SHUFFLE':
          return shuffledBlocks(values.blocks, inputShape);
      }
    };
    return transferAttack(task, values, {
      nesterov: values.nesterov,
      views: those(view(), inputDiversity(values, inputShape)),
      viewCount: values.viewCount,
      translation: translation(values, inputShape),
      copies: values.copies,
      variance: values.neighbours > 0 ? values : undefined,
      penalty: values.flatNeighbours > 0 ? values : undefined,
      patchWise: values.amplification > 0 ? values : undefined,
    });
  },
});

/** Those views that there are. */
function those(...views: readonly (ViewPart | undefined)[]): readonly ViewPart[] | undefined {
  const found = views.filter((view) => view !== undefined);
  return found.length > 0 ? found : undefined;
}
