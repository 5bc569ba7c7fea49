/** How a picture of any size becomes the square that networks see. @module */
import type { Picture } from '../pictures/types.js';

/** Share of the shorter side that evaluations look at (Szegedy et al. 2016 for 299 pixels, He et al. 2016 for 224). */
export const CROP = 0.875;

export interface Resizing {
  readonly name: ResizingName;
  /** Kernel, whether it antialiases, and which part of the picture it takes. */
  readonly description: string;
  /**
   * The middle of a picture.
   * @param side of the result, in pixels.
   * @returns `[side, side, 3]`, RGB, 8 bits a channel.
   */
  middle(picture: Picture, side: number): Uint8Array | Promise<Uint8Array>;
}

export type ResizingName = 'VIPS_LINEAR' | 'PIL_BILINEAR' | 'PIL_BICUBIC' | 'TF_BILINEAR' | 'TF_BICUBIC';
