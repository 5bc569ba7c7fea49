/** Reads an upload into the file that is kept of it, image by image. @module */
import { ComputeError } from '../../errors.js';
import { levelTypeOf } from '../../tensors/index.js';
import { ContainerWriter } from '../container.js';
import { loadSharp } from '../load-sharp.js';
import { listFiles } from './files.js';
import { Groups } from './groups.js';
import { checkFractions, decodeExample, type First, fit, inOrder, ImageNotes, prepareImage } from './images.js';
import { Labels } from './labels.js';
import { uploadFormatOf } from './registry.js';
import type { DatasetCard, UploadRequest } from './request.js';
import { describeResizing, type UploadResizing } from './resize.js';
import { limitExceeded, type UploadedExample } from './types.js';

/** @param target path of the file to write. @throws ComputeError INVALID_DATASET naming file and row, or LIMIT_EXCEEDED. */
export async function ingestUpload(request: UploadRequest, target: string, signal?: AbortSignal): Promise<DatasetCard> {
  const files = await listFiles(request.directory);
  const format = uploadFormatOf(files, request.format);
  const content = await format.open({ files, split: request.split });
  const labels = new Labels(request.classNames ?? content.classNames, request.limits.maxClasses);
  const groups = new Groups();
  const ofImages = new ImageNotes();
  const writer = await ContainerWriter.create(target);
  try {
    let known: (First & { isPicture: boolean }) | undefined;
    let count = 0;
    const read = async (example: UploadedExample) => prepareImage(await decodeExample(example, request.limits), example.at, request);
    for await (const { example, result: image } of inOrder(content.examples(), read)) {
      signal?.throwIfAborted();
      known ??= { shape: image.shape, type: levelTypeOf(image.levels), at: example.at, isPicture: image.isPicture ?? false };
      const fitting = fit(image, known, example.at);
      if (++count > request.limits.maxImages) throw limitExceeded(`The data set has more than ${request.limits.maxImages} images.`);
      if (count * fitting.levels.byteLength > request.limits.maxBytes)
        throw limitExceeded(
          `The pixels of the data set take more than ${request.limits.maxBytes} bytes. Register fewer or smaller images.`,
        );
      checkFractions(fitting.levels, example.at);
      ofImages.add(image, fitting);
      labels.add(example.label, example.labelAt ?? example.at);
      groups.add(example.group, example.at);
      await writer.add(fitting.levels);
    }
    if (!known) throw new ComputeError('INVALID_DATASET', `The ${request.split} split of the upload holds no examples.`, ['uploadId']);
    const { classNames, numbers } = labels.finish();
    const grouped = groups.finish();
    const what = {
      type: known.type,
      imageShape: [...known.shape] as [number, number, number],
      exampleCount: count,
      classNames: [...classNames],
      ...(grouped && { groupNames: grouped.groupNames }),
    };
    const notes = [...(content.notes?.() ?? []), ...ofImages.notes(), ...labels.notes()];
    const preparation = await describePreparation(known.isPicture, request.resizing, notes);
    const { version: _, ...description } = await writer.finish(what, numbers, grouped?.groups);
    return { format: format.name, preparation, ...description };
  } catch (error) {
    await writer.close().catch(() => undefined);
    throw error;
  }
}

const MAXIMUM_PREPARATION = 2000;

/** What is done to the images, in words. @param notes what was decided for the user. */
export async function describePreparation(
  isPicture: boolean,
  resizing: UploadResizing | undefined,
  notes: readonly string[],
): Promise<string> {
  const done = isPicture ? await describeDecoding(resizing) : 'Values are those of the upload.';
  return [done, ...notes].join(' ').slice(0, MAXIMUM_PREPARATION);
}

async function describeDecoding(resizing: UploadResizing | undefined): Promise<string> {
  const { versions } = await loadSharp();
  const size = resizing
    ? `Resized to ${resizing.height}×${resizing.width} (height × width). ${describeResizing(resizing)}`
    : 'Not resized.';
  return `Decoded by sharp ${versions.sharp} (libvips ${versions.vips}). The orientation noted by EXIF is applied, colour profiles are not. ${size}`;
}
