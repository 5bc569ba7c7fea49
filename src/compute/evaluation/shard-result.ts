/** What the evaluation of a shard returns. @module */
import type { ClassBins } from './class-bins.js';
import type { AttackStage } from '../attacks/index.js';
import type { EngineDescription } from '../engine/index.js';
import type { Diagnostics } from './diagnostics.js';
import type { Levels } from '../tensors/index.js';
import type { PhaseSeconds } from './phases.js';

/** Outcome of every example of a shard, in data-set order, arrays of length `count`. */
export interface ShardResult {
  readonly count: number;
  readonly labels: Int32Array;
  readonly cleanPrediction: Int32Array;
  readonly cleanConfidence: Float32Array;
  /** 1 where the label is among the five highest logits. */
  readonly cleanTop5: Uint8Array;
  /** Share of the predictions that are of the label: 0 or 1 where one prediction decides. */
  readonly cleanVotes: Float32Array;
  /** −ln of the probability of the label (nats), and Brier score of all probabilities; NaN where only labels are known. */
  readonly cleanLikelihood: Float32Array;
  readonly cleanBrier: Float32Array;
  readonly adversarialPrediction: Int32Array;
  readonly adversarialConfidence: Float32Array;
  readonly adversarialTop5: Uint8Array;
  readonly adversarialVotes: Float32Array;
  readonly adversarialLikelihood: Float32Array;
  readonly adversarialBrier: Float32Array;
  /** Score of the model's detector; NaN where it has none. */
  readonly cleanDetection: Float32Array;
  readonly adversarialDetection: Float32Array;
  /** Of the probabilities of all classes; empty where only labels are known. */
  readonly classBins: { readonly clean: ClassBins; readonly adversarial: ClassBins };
  /**
   * The class of the same image as the other judging has it: of the floats where stored images are judged, of the stored image where floats are. NaN where it
   * was not predicted, which costs a query of a black box.
   */
  readonly otherPrediction: Float32Array;
  /** The class that the attack aimed at; NaN where it had none. */
  readonly target: Float32Array;
  /** Distances from the original of the image that was judged: fractions of the pixel range (L∞, L2, L1), share of changed pixel values (L0). */
  readonly linf: Float32Array;
  readonly l2: Float32Array;
  readonly l1: Float32Array;
  readonly l0: Float32Array;
  /** Share of pixels of which any channel changed. */
  readonly l0Pixels: Float32Array;
  /** In the attack's own distance, `AttackDescription.distance`; NaN where it has none. */
  readonly attackDistance: Float32Array;
  /** Structural similarity of the stored image to the original, and the same after alignment (PASS). */
  readonly ssim: Float32Array;
  readonly pass: Float32Array;
  /** 1 where a decision attack found no image to start from: the example was not attacked. */
  readonly withoutStart: Uint8Array;
  readonly queries: Int32Array;
  readonly gradients: Int32Array;
  /** Passes of the model that the attack asked for, each counted once for every example. */
  readonly passes: number;
  /** Examples whose image, as it was judged, breaks the budget; must be 0. */
  readonly budgetViolations: number;
  readonly diagnostics: Diagnostics;
  /** Wall-clock time of the attack alone, for throughput: without compiling, and without the predictions before and after. */
  readonly seconds: number;
  /** What all of the time went into. */
  readonly phases: PhaseSeconds;
  /** Of an attack that runs others in turn. */
  readonly stages?: readonly AttackStage[];
  readonly engine: EngineDescription;
  /** `[count, height, width, channels]`, where asked for: 8 bits a channel, or floats where those were judged. */
  readonly images?: Levels;
}
