/** The named transfer attacks, each of one part or two of {@link TransferParts}, and the one that combines them. @module */
import { boolean } from '../../parameters/index.js';
import { linfBudget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { diversityParameters, inputDiversity } from './diversity.js';
import { DONG_2018, DONG_2019, LIN_2020, WANG_2021, XIE_2019 } from './references.js';
import { scaleParameters } from './scale.js';
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
  run: (task, values) => transferAttack(task, values, { diversity: inputDiversity(values, task.model.spec.inputShape) }),
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

/** Every part in one attack, each off but for the momentum. With one part on it is the attack of that name. */
export const transferFgsm = defineAttack({
  ...MEMBER,
  kind: 'TRANSFER_FGSM',
  name: 'transferFgsm',
  title: 'Combined transfer attack',
  description:
    "Momentum, Nesterov's look-ahead, input diversity, translation, scale and variance tuning in one attack, each by its parameters: VT-SI-NI-TI-DI-FGSM has all of them.",
  reference: WANG_2021,
  parameters: {
    ...transferParameters(1),
    nesterov: boolean({ default: false, description: 'Take the gradient where the momentum is about to lead (NI-FGSM).' }),
    ...diversityParameters(0),
    ...translationParameters('NONE'),
    ...scaleParameters(1),
    ...varianceParameters(0),
  },
  run(task, values) {
    const { inputShape } = task.model.spec;
    return transferAttack(task, values, {
      nesterov: values.nesterov,
      diversity: inputDiversity(values, inputShape),
      translation: translation(values, inputShape),
      copies: values.copies,
      variance: values.neighbours > 0 ? values : undefined,
    });
  },
});
