/** What decoders of pictures return. @module */

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]`, RGB, 8 bits a channel. */
  readonly pixels: Uint8Array;
}

/** Most pixels of one picture: as many as sharp reads. A small file may declare any size. */
const MAXIMUM_PIXELS = 0x3fff ** 2;

/** @throws Error where a header declares no size, or one that is too large. */
export function checkSize(width: number, height: number): void {
  const isSize = [width, height].every((size) => Number.isSafeInteger(size) && size > 0);
  if (isSize && width * height <= MAXIMUM_PIXELS) return;
  throw new Error(`its header declares ${width}×${height} pixels; from 1×1 to ${MAXIMUM_PIXELS} in total are read`);
}
