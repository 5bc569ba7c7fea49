/** Files of other tools: recognised by their names and first bytes, and refused with the lines that export them to ONNX. @module */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ComputeError } from '../errors.js';
import { findFiles } from './model-files.js';

interface ForeignKind {
  /** What it is, and how it becomes ONNX. */
  readonly advice: string;
  /** By the names of the files of an archive. */
  readonly names?: (name: string) => boolean;
  /** Whether there may be a `model.json` among them, which elsewhere says that the model is one of TensorFlow.js. */
  readonly hasModelJson?: boolean;
  /** By the first bytes of a file. */
  readonly bytes?: (start: Buffer) => boolean;
}

const DYNAMIC = "input_names=['image'], output_names=['scores'], dynamic_axes={'image': {0: 'batch'}, 'scores': {0: 'batch'}}";
const TO_ONNX = `torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), 'model.onnx', ${DYNAMIC}, dynamo=False)`;

const startsWith =
  (magic: string, at = 0) =>
  (start: Buffer) =>
    start.toString('latin1', at, at + magic.length) === magic;

/** The first that holds is meant: a TorchScript archive holds a pickle too. */
const KINDS: readonly ForeignKind[] = [
  {
    advice: `This is a TorchScript archive (torch.jit.save). Export it in Python: model = torch.jit.load('model.pt', map_location='cpu'); ${TO_ONNX}. Give the size of your images in place of 224.`,
    names: (name) => name === 'constants.pkl',
  },
  {
    advice:
      "This is a checkpoint that torch.save wrote: weights, or a pickled module, which only the Python code that made it can read. Export the network by torch.onnx.export(model.eval(), example, 'model.onnx'), and submit that file.",
    names: (name) => name === 'data.pkl' || /\.(pt|pth|ckpt)$/i.test(name),
    bytes: (start) => start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5,
  },
  {
    advice:
      "This is an exported program of PyTorch (torch.export.save). Export it in Python: torch.onnx.export(torch.export.load('model.pt2'), dynamo=True).save('model.onnx').",
    names: (name) => /\.pt2$/i.test(name) || name === 'archive_format',
    hasModelJson: true,
  },
  {
    advice:
      "This is a Keras file (.keras). Export it in Python with Keras 3: keras.saving.load_model('model.keras').export('model.onnx', format='onnx'), which needs pip install tf2onnx onnx.",
    names: (name) => /\.keras$/i.test(name) || name === 'model.weights.h5',
  },
  {
    advice:
      "This is an HDF5 file, as Keras writes .h5. Where it holds the whole model, export it in Python: keras.models.load_model('model.h5').export('model.onnx', format='onnx'), which needs pip install tf2onnx onnx. Where it holds weights alone, build the model first and call load_weights.",
    names: (name) => /\.(h5|hdf5)$/i.test(name),
    bytes: startsWith('\x89HDF\r\n'),
  },
  {
    advice:
      'This is a SavedModel of TensorFlow. Export it: pip install tf2onnx, then python -m tf2onnx.convert --saved-model FOLDER --output model.onnx.',
    names: (name) => name === 'saved_model.pb' || name === 'saved_model.pbtxt',
  },
  {
    advice:
      'This is a TensorFlow Lite file (.tflite). Export it: pip install tf2onnx, then python -m tf2onnx.convert --tflite model.tflite --output model.onnx.',
    names: (name) => /\.(tflite|lite)$/i.test(name),
    bytes: startsWith('TFL3', 4),
  },
  {
    advice:
      "This is a Core ML model (.mlmodel, .mlpackage). Export the network that it was made of to ONNX where it was trained. A .mlmodel of a neural network can also be converted: onnxmltools.convert_coreml(coremltools.utils.load_spec('model.mlmodel')), by pip install onnxmltools coremltools.",
    names: (name) => /\.mlmodel$/i.test(name),
    bytes: isCoreMl,
  },
  {
    advice: `This is a safetensors file: weights without a network. Build the network in Python, then: model.load_state_dict(safetensors.torch.load_file('model.safetensors')); ${TO_ONNX}. Give the size of your images in place of 224.`,
    names: (name) => /\.safetensors$/i.test(name),
    bytes: isSafetensors,
  },
];

/** Bytes that say what a file is. */
const START = 64;

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START), 0, START, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Both begin with the number of a version and a second field: a description here, whose own first field follows, and in ONNX the name of a program. */
function isCoreMl(start: Buffer): boolean {
  if (start[0] !== 0x08 || start[2] !== 0x12) return false;
  let at = 3;
  while (start[at]! >= 0x80) at++;
  return start[at + 1] === 0x0a;
}

/** The length of a JSON text, then the text. */
function isSafetensors(start: Buffer): boolean {
  return start.length > 9 && start.readBigUInt64LE(0) < 2n ** 32n && start.toString('latin1', 8, 10) === '{"';
}

/** @throws ComputeError INVALID_MODEL for a bare file of another tool. */
export async function refuseForeignFile(path: string): Promise<void> {
  const start = await startOf(path);
  refuse(KINDS.find(({ bytes }) => bytes?.(start)));
}

/** @throws ComputeError INVALID_MODEL for a folder in which there are files of another tool. */
export async function refuseForeignFiles(directory: string): Promise<void> {
  const isTensorFlowJs = (await findFiles(directory, (name) => name === 'model.json')).length > 0;
  const candidates = isTensorFlowJs ? KINDS.filter(({ hasModelJson }) => hasModelJson) : KINDS;
  for (const kind of candidates) if (kind.names && (await findFiles(directory, kind.names)).length > 0) refuse(kind);
  if (isTensorFlowJs) return;
  // Whatever they are called.
  for (const path of await findFiles(directory, (name) => !basename(name).startsWith('.'))) await refuseForeignFile(path);
}

function refuse(kind: ForeignKind | undefined): void {
  if (kind) throw new ComputeError('INVALID_MODEL', kind.advice, ['directory']);
}
