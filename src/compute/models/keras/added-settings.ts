/** Settings of nodes that the reader adds to those of the file, and the values that it gives to others. @module */

/** Numbers that a call gives in place of values. */
export const CONSTANTS = 'call_constants';

/** At which place each of them. */
export const CONSTANT_PLACES = 'call_constant_places';

/** How a layer places the pixels of a resized image, where not as Keras does. */
export const SAMPLING = 'sampling';
export const OF_TENSORFLOW_JS = 'of_tensorflow_js';

/** The activation that Keras 3 calls `hard_sigmoid`, which has another slope in Keras 2. */
export const HARD_SIGMOID_3 = 'hard_sigmoid_3';
