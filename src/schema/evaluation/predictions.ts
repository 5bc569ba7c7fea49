/** Description of the argument. */
export const PREDICTIONS =
  'Predictions whose majority decides on the class of an image, of original and adversarial ones: 1 to 1000. More than one is for models that are random (finding `RANDOM_OUTPUT`), of which one prediction says little; attacks then count an image as found only where the majority is fooled. Of classes with as many predictions, that of the higher mean score is taken; confidences are of mean scores.';
