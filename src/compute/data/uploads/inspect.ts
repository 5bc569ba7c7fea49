/** Looks through an upload as its reading would, and writes nothing: what is wrong is noted, and the next image is looked at. @module */
import { ComputeError, serializeError } from '../../errors.js';
import { type BitDepth, bitDepthOf, type ImageShape, levelTypeOf } from '../../tensors/index.js';
import { listFiles } from './files.js';
import { Groups } from './groups.js';
import { checkFractions, decodeExample, type First, fit, inOrder, ImageNotes, prepareImage } from './images.js';
import { describePreparation } from './ingest.js';
import { Labels } from './labels.js';
import { uploadFormatOf } from './registry.js';
import type { UploadRequest } from './request.js';
import { limitExceeded, type RawImage, type UploadedExample, type UploadFormatName } from './types.js';

interface InspectionRequest extends UploadRequest {
  /** Images that are decoded, the first of them; labels are read of all. */
  readonly imageCount: number;
}

/** Images of one size and depth, as the files have them. */
interface ImageKind {
  readonly shape: ImageShape;
  readonly bitDepth: BitDepth;
  readonly count: number;
  /** File, and row, of the first. */
  readonly at: string;
}

interface UploadProblem {
  /** File, and row, where it is one image's. */
  readonly at: string | null;
  readonly code: string;
  readonly message: string;
}

export interface UploadInspection {
  /** Undefined where none is recognised. */
  readonly format?: UploadFormatName;
  readonly files: { readonly count: number; readonly bytes: number; readonly names: readonly string[] };
  readonly exampleCount: number;
  readonly decodedCount: number;
  /** The most frequent first. */
  readonly images: readonly ImageKind[];
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** In words: what would be done to the images. */
  readonly preparation?: string;
  /** What would be read, and perhaps otherwise than it is meant: sentences, which are part of the preparation too. */
  readonly warnings: readonly string[];
  /** The first of them. */
  readonly problems: readonly UploadProblem[];
  readonly problemCount: number;
}

/** Of each, at most so many are named. */
const NAMES = 20;
const KINDS = 20;
const PROBLEMS = 50;

/** What is wrong with the upload is among the problems. @throws errors of the system. */
export async function inspectUpload(request: InspectionRequest): Promise<UploadInspection> {
  const found = await listFiles(request.directory);
  const files = {
    count: found.length,
    bytes: found.reduce((sum, { size }) => sum + size, 0),
    names: found.slice(0, NAMES).map(({ name }) => name),
  };
  const problems = new Problems();
  const look = new Look(request, problems);
  let format: UploadFormatName | undefined;
  try {
    const known = uploadFormatOf(found, request.format);
    format = known.name;
    const content = await known.open({ files: found, split: request.split });
    const labels = new Labels(request.classNames ?? content.classNames, request.limits.maxClasses);
    await look.through(content.examples(), labels);
    return { format, files, ...(await look.finish(labels, content.notes?.())), ...problems.finish() };
  } catch (error) {
    problems.add(null, error);
    return { format, files, ...(await look.finish()), ...problems.finish() };
  }
}

class Problems {
  private readonly noted: UploadProblem[] = [];
  private count = 0;

  /** @throws error where it is the system's, and says nothing about the upload. */
  add(at: string | null, error: unknown): void {
    const { code, message, system } = serializeError(error);
    if (system) throw error;
    this.count++;
    if (this.noted.length < PROBLEMS) this.noted.push({ at, code, message });
  }

  finish(): Pick<UploadInspection, 'problems' | 'problemCount'> {
    return { problems: this.noted, problemCount: this.count };
  }
}

/** What one pass over the examples finds. */
class Look {
  private exampleCount = 0;
  private decodedCount = 0;
  private known: (First & { readonly isPicture: boolean; readonly bytes: number }) | undefined;
  private readonly kinds = new Map<string, ImageKind>();
  private readonly ofImages = new ImageNotes();

  constructor(
    private readonly request: InspectionRequest,
    private readonly problems: Problems,
  ) {}

  async through(examples: AsyncIterable<UploadedExample>, labels: Labels): Promise<void> {
    const groups = new Groups();
    let begun = 0;
    const read = async (example: UploadedExample): Promise<Decoded | undefined> => {
      if (begun++ >= this.request.imageCount) return undefined;
      try {
        return { found: await decodeExample(example, this.request.limits) };
      } catch (error) {
        return { error };
      }
    };
    const { maxImages } = this.request.limits;
    for await (const { example, result } of inOrder(examples, read)) {
      if (++this.exampleCount > maxImages) throw limitExceeded(`The data set has more than ${maxImages} images.`);
      try {
        labels.add(example.label, example.labelAt ?? example.at);
      } catch (error) {
        this.problems.add(example.labelAt ?? example.at, error);
        // Its image is seen where its label is right.
        continue;
      }
      try {
        groups.add(example.group, example.at);
        if (!result) continue;
        this.decodedCount++;
        if ('error' in result) throw result.error;
        await this.image(result.found, example.at);
      } catch (error) {
        this.problems.add(example.at, error);
      }
    }
  }

  /** @param labels and notes: of content that was read to its end. */
  async finish(
    labels?: Labels,
    notes: readonly string[] = [],
  ): Promise<Pick<UploadInspection, 'exampleCount' | 'decodedCount' | 'images' | 'classes' | 'preparation' | 'warnings'>> {
    const { exampleCount, decodedCount, known, request } = this;
    const { split, limits, resizing } = request;
    if (labels && exampleCount === 0)
      this.problems.add(null, new ComputeError('INVALID_DATASET', `The ${split} split of the upload holds no examples.`, ['uploadId']));
    if (known && exampleCount * known.bytes > limits.maxBytes)
      this.problems.add(
        null,
        limitExceeded(`The pixels of the data set take more than ${limits.maxBytes} bytes. Register fewer or smaller images.`),
      );
    const warnings = [...notes, ...this.ofImages.notes(), ...(labels?.notes() ?? [])];
    return {
      ...{ exampleCount, decodedCount, warnings },
      images: [...this.kinds.values()].sort((a, b) => b.count - a.count).slice(0, KINDS),
      classes: labels ? countsOf(labels) : [],
      ...(known && { preparation: await describePreparation(known.isPicture, resizing, warnings) }),
    };
  }

  private async image(found: RawImage, at: string): Promise<void> {
    const { shape, levels } = found;
    const bitDepth = bitDepthOf(levelTypeOf(levels));
    const key = `${shape.join('×')} ${bitDepth}`;
    const kind = this.kinds.get(key) ?? { shape, bitDepth, count: 0, at };
    this.kinds.set(key, { ...kind, count: kind.count + 1 });
    const image = await prepareImage(found, at, this.request);
    const { shape: prepared, levels: kept, isPicture = false } = image;
    this.known ??= { shape: prepared, type: levelTypeOf(kept), at, isPicture, bytes: kept.byteLength };
    const fitting = fit(image, this.known, at);
    checkFractions(fitting.levels, at);
    this.ofImages.add(image, fitting);
  }
}

type Decoded = { readonly found: RawImage } | { readonly error: unknown };

function countsOf(labels: Labels): UploadInspection['classes'] {
  const { classNames, numbers } = labels.finish();
  const counts = new Uint32Array(classNames.length);
  for (const number of numbers) counts[number]!++;
  return classNames.map((name, i) => ({ name, count: counts[i]! }));
}
