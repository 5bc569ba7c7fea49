/** Data sets of other tools that are not read, by the names of their files, and what to do with them. @module */
import type { UploadedFile } from './types.js';

const BY_SAVEZ = 'Save the images and labels by numpy.savez(file, x=…, y=…)';
const BINARY = 'pickles, which may run code. Take the "binary version" from the same page';

const OTHERS: readonly (readonly [names: RegExp, advice: string])[] = [
  [
    /(^|\/)cifar-10-batches-py\/|(^|\/)data_batch_\d$/i,
    `This is the Python version of CIFAR-10: ${BINARY}, or save the images and labels by numpy.savez(file, x=…, y=…).`,
  ],
  [
    /(^|\/)cifar-100-python\//i,
    `This is the Python version of CIFAR-100: ${BINARY}, or save the images and labels by numpy.savez(file, x=…, y=…).`,
  ],
  [
    /(^|\/)data\.pkl$|\.(pt|pth)$/i,
    'This is a file of torch.save. Save its tensors by numpy.savez(file, x=images.numpy(), y=labels.numpy()).',
  ],
  [/\.(pkl|pickle)$/i, `A pickle may run code. ${BY_SAVEZ}.`],
  [/\.(h5|hdf5)$/i, `HDF5 is not read. ${BY_SAVEZ}.`],
  [/\.mat$/i, `MATLAB's files are not read. ${BY_SAVEZ}.`],
  [/\.(tfrecords?)(-\d|$)/i, `TFRecord is not read. ${BY_SAVEZ}.`],
];

/** Undefined where the files are of nothing that is known. */
export const adviceOnOthers = (files: readonly UploadedFile[]): string | undefined =>
  OTHERS.find(([names]) => files.some(({ name }) => names.test(name)))?.[1];
