/** Common corruptions (Hendrycks and Dietterich 2019, arXiv 1903.12261), as their published code has them: one or a family in a file, one line in `registry.ts`. @module */
import type { RandomStream } from '../../random.js';

/** Which of the published tables of parameters: `make_cifar_c.py`, `make_tinyimagenet_c.py` or `make_imagenet_c.py`. */
export type CorruptionScale = 'CIFAR' | 'TINY_IMAGENET' | 'IMAGENET';

export const CORRUPTION_GROUPS = ['NOISE', 'BLUR', 'WEATHER', 'DIGITAL', 'EXTRA'] as const;

/** The paper's four groups of 15 corruptions, and the four others, which are for choosing parameters of a defence. */
export type CorruptionGroup = (typeof CORRUPTION_GROUPS)[number];

/** An image `[height, width, channels]`. */
export interface Picture<Values extends ArrayLike<number> = Float64Array> {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Values;
}

export interface CorruptionDescription {
  /** Such as `GAUSSIAN_NOISE`: the published name in capitals. */
  readonly kind: string;
  readonly group: CorruptionGroup;
  /** What it does, in a sentence. */
  readonly description: string;
  /** Numbers of channels that it is for. Absent: any. */
  readonly channels?: readonly number[];
}

export interface Corruption extends CorruptionDescription {
  /**
   * @param image 8 bits a channel. @param severity 1 to 5. @param stream of this example.
   * @returns levels from 0 to 255 that are not cut off to whole numbers yet.
   */
  apply(
    image: Picture<Uint8Array>,
    severity: number,
    scale: CorruptionScale,
    stream: RandomStream,
  ): ArrayLike<number> | Promise<ArrayLike<number>>;
}

type FiveOf<Parameters> = readonly [Parameters, Parameters, Parameters, Parameters, Parameters];

/** @typeParam Parameters of one severity. */
export interface CorruptionDefinition<Parameters> extends CorruptionDescription {
  /** Of severities 1 to 5. */
  readonly tables: Readonly<Record<CorruptionScale, FiveOf<Parameters>>>;
  apply(image: Picture<Uint8Array>, parameters: Parameters, stream: RandomStream): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** Infers the type of the parameters. */
export function defineCorruption<const Parameters>({ tables, apply, ...description }: CorruptionDefinition<Parameters>): Corruption {
  return { ...description, apply: (image, severity, scale, stream) => apply(image, tables[scale][severity - 1]!, stream) };
}
