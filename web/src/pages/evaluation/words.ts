/** How an evaluation's page names what was done to the images: a common corruption is no attack. @module */
import { createContext, useContext } from 'react';

export const ATTACK_WORDS = {
  kind: 'Attack',
  accuracy: 'Accuracy under attack',
  success: 'Success rate of the attack',
  distortion: 'Distortion of successful examples',
  predicted: 'Predicted under attack',
  confidence: 'Confidence under attack',
  top5: 'Top 5, before and under attack',
  succeeded: 'attack succeeded',
  failed: 'attack failed',
  under: 'under attack',
  image: 'adversarial',
};

export const CORRUPTION_WORDS: typeof ATTACK_WORDS = {
  kind: 'Corruption',
  accuracy: 'Accuracy on corrupted images',
  success: 'Misclassified by the corruption',
  distortion: 'Distortion of misclassified images',
  predicted: 'Predicted when corrupted',
  confidence: 'Confidence on corrupted images',
  top5: 'Top 5, original and corrupted',
  succeeded: 'misclassified when corrupted',
  failed: 'still correct',
  under: 'corrupted',
  image: 'corrupted',
};

export const Words = createContext(ATTACK_WORDS);

export const useWords = () => useContext(Words);

/** At the beginning of a label. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
