/** Adversarial images in the artifact store: one after the other, 8 bits a channel, or 32-bit floats, little-endian, that are fractions of the pixel range. @module */
import type { ArtifactStore } from './artifacts.js';
import type { ArtifactDescription } from './artifact-rows.js';
import type { DatabaseClient } from './database.js';

const IMAGES_MEDIA_TYPE = 'application/octet-stream';
const FLOAT_IMAGES_MEDIA_TYPE = 'application/vnd.gauntlet.float32';

/** Pixel values of images, one after the other. */
export type ImageValues = Uint8Array | Float32Array;

/** How images are described where they are stored. */
export const imagesDescription = (isFloat: boolean, imageShape: number[]): ArtifactDescription => ({
  mediaType: isFloat ? FLOAT_IMAGES_MEDIA_TYPE : IMAGES_MEDIA_TYPE,
  imageShape,
});

/** The bytes of images, without a copy. */
export const bytesOfImages = (images: ImageValues): Uint8Array => new Uint8Array(images.buffer, images.byteOffset, images.byteLength);

/** Reads `count` images from the image `from` on; undefined where there are not so many. */
export type ReadImages = (from: number, count: number) => Promise<ImageValues | undefined>;

/** @param id of an artifact with a row. @param size pixel values of one image. */
export async function imageReader(prisma: DatabaseClient, store: ArtifactStore, id: string, size: number): Promise<ReadImages> {
  const { mediaType } = await prisma.artifact.findUniqueOrThrow({ where: { id }, select: { mediaType: true } });
  return readerOf(store, id, mediaType, size);
}

/** The same where the row has been read. */
export function readerOf(store: ArtifactStore, id: string, mediaType: string, size: number): ReadImages {
  if (mediaType !== FLOAT_IMAGES_MEDIA_TYPE) return (from, count) => store.readRange(id, from * size, count * size);
  const width = Float32Array.BYTES_PER_ELEMENT * size;
  return async (from, count) => {
    const bytes = await store.readRange(id, from * width, count * width);
    // A copy, so that values are aligned.
    return bytes && new Float32Array(Uint8Array.from(bytes).buffer);
  };
}
