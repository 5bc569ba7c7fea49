/** Order of the axes of images. @module */

/** Where a network has the channels of an image: `[channels, height, width]`, or `[height, width, channels]`. */
export const LAYOUTS = ['CHANNELS_FIRST', 'CHANNELS_LAST'] as const;

export type Layout = (typeof LAYOUTS)[number];
