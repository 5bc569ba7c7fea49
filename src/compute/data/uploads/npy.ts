/** Images and labels as two arrays of NumPy: an archive of `numpy.savez`, or a zip of two files of `numpy.save`. @module */
import type { ImageShape } from '../../tensors/index.js';
import type { Levels } from '../../tensors/index.js';
import { classNamesFile, theOne } from './files.js';
import { baseName } from './names.js';
import { groupType, labelReader, openArray, PIXEL_TYPES } from './numpy.js';
import { checkSamePart } from './parts.js';
import { invalidAt, type UploadContent, type UploadFormat } from './types.js';

const IMAGES =
  /^(x|images?|data|arr_0)([-_](train|test|val|valid|validation))?\.npy$|^(train|test|val|valid|validation)[-_](x|images?|data)\.npy$/i;
const LABELS =
  /^(y|labels?|targets?|fine_labels|arr_1)([-_](train|test|val|valid|validation))?\.npy$|^(train|test|val|valid|validation)[-_](y|labels?|targets?)\.npy$/i;

const GROUPS = /^(groups?)([-_](train|test|val|valid|validation))?\.npy$/i;

export const npy: UploadFormat = {
  name: 'NUMPY',
  title: 'NumPy arrays',
  description:
    'A .npz archive with `x` and `y` (or `images` and `labels`, `x_test` and `y_test`), or a zip with two such .npy files. `x` is [n, height, width], [n, height, width, channels] or, where the second axis is shorter than both others, [n, channels, height, width]; uint8, uint16, floats from 0 to 1, booleans, or other whole numbers from 0 to 255. `y` holds n whole numbers, n names, or one-hot rows. An array `group` of n numbers or names says which subgroup each belongs to.',
  recognises: (files) => files.some(({ name }) => name.toLowerCase().endsWith('.npy')),
  async open(upload): Promise<UploadContent> {
    const { file: imageFile, notes: parts } = theOne(upload, IMAGES, 'images (such as x.npy)');
    const files = { images: imageFile, labels: theOne(upload, LABELS, 'labels (such as y.npy)').file };
    checkSamePart(files.images, files.labels);
    const [images, labels] = [await openArray(files.images), await openArray(files.labels)];
    const groupFile = upload.files.some(({ name }) => GROUPS.test(baseName(name)))
      ? theOne(upload, GROUPS, 'groups (such as group.npy)').file
      : undefined;
    const groups = groupFile && (await openArray(groupFile));
    const close = async () => void (await Promise.all([images.bytes.close(), labels.bytes.close(), groups?.bytes.close()]));
    try {
      const pixel = PIXEL_TYPES[images.header.type];
      if (!pixel)
        throw invalidAt(files.images.name, `images of type ${images.header.type} are not read. Save uint8, uint16, or floats from 0 to 1.`);
      const { shape, isChannelsFirst, note } = layoutOf(files.images.name, images.header.shape);
      const count = images.header.shape[0]!;
      const label = labelReader(files.labels.name, labels.header, (found) => {
        if (found === count) return;
        throw invalidAt(files.labels.name, `it holds ${found} labels for the ${count} images of ${files.images.name}.`);
      });
      const group = groupFile && groups && groupType(groupFile.name, groups.header, count);
      const size = shape.reduce((product, length) => product * length, 1);
      return {
        classNames: (await classNamesFile(upload.files)) ?? numbersTo(label.classCount),
        async *examples() {
          try {
            for (let row = 0; row < count; row++) {
              const at = `${files.images.name}, row ${row}`;
              const bytes = await images.bytes.take(size * pixel.bytes, `row ${row}`);
              const labelAt = `${files.labels.name}, row ${row}`;
              const value = label.read(await labels.bytes.take(label.bytes, `row ${row}`), labelAt);
              yield {
                at,
                labelAt,
                label: value,
                group: groups && group?.read(await groups.bytes.take(group.bytes, `row ${row}`)),
                read: () => {
                  const levels = pixel.read(bytes, at);
                  return { levels: isChannelsFirst ? channelsLast(levels, shape) : levels, shape };
                },
              };
            }
            await images.bytes.expectEnd();
            await labels.bytes.expectEnd();
            await groups?.bytes.expectEnd();
          } finally {
            await close();
          }
        },
        notes: () => [...parts, ...[note, pixel.note].filter((said) => said !== undefined)],
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

/** One-hot rows have a class for each column, also where no example is of the last. */
const numbersTo = (count: number | undefined) => (count === undefined ? undefined : Array.from({ length: count }, (_, i) => String(i)));

/** Channels of pictures: more of them are unusual. */
const USUAL_CHANNELS = 4;

interface Layout {
  /** Channels last. */
  readonly shape: ImageShape;
  readonly isChannelsFirst: boolean;
  /** Where it could be meant otherwise. */
  readonly note?: string;
}

/** Channels are the second axis where that is the shortest; where it is as short as another, they are the last. */
function layoutOf(file: string, [count, ...axes]: readonly number[]): Layout {
  const [first = 0, second = 0, third = 0] = axes;
  const said = `(${[count, ...axes].join(', ')})`;
  if (axes.some((length) => length < 1)) throw invalidAt(file, `the array of images has shape ${said}, which has no pixels.`);
  if (axes.length === 2) return { shape: [first, second, 1], isChannelsFirst: false };
  if (axes.length !== 3) {
    throw invalidAt(
      file,
      `the array of images has shape ${said}. Save [n, height, width], [n, height, width, channels] or [n, channels, height, width].`,
    );
  }
  const isChannelsFirst = first < third && first < second;
  const isUsual = isChannelsFirst ? first <= USUAL_CHANNELS && third > USUAL_CHANNELS : third <= USUAL_CHANNELS && first > USUAL_CHANNELS;
  const order = isChannelsFirst ? 'channels, height, width' : 'height, width, channels';
  return {
    shape: isChannelsFirst ? [second, third, first] : [first, second, third],
    isChannelsFirst,
    ...(!isUsual && {
      note: `The array of images ${said} was read as [n, ${order}]. Channels are the second axis where it is shorter than both others, else the last: where another is meant, swap rows and columns, or save pictures.`,
    }),
  };
}

function channelsLast(levels: Levels, [height, width, channels]: ImageShape): Levels {
  const result = levels.slice();
  const plane = height * width;
  for (let c = 0; c < channels; c++) for (let p = 0; p < plane; p++) result[p * channels + c] = levels[c * plane + p]!;
  return result;
}
