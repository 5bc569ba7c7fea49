/** What went wrong in `compute`, as a code that callers can act on. The message says what to do. */
export type ComputeErrorCode =
  /** A model file that cannot be read, parsed or run. */
  | 'INVALID_MODEL'
  /** A model that runs but does not fit the data set, or whose spec contradicts its weights. */
  | 'MODEL_DATASET_MISMATCH'
  /** A layer, operator or kernel that has no implementation here; the message names all of them. */
  | 'UNSUPPORTED_OPERATION'
  /** A model that is imported, and then does not compute what its file does. */
  | 'IMPORT_DIFFERS'
  /** A file over a configured limit. */
  | 'LIMIT_EXCEEDED'
  /** A data set that cannot be found or read. */
  | 'INVALID_DATASET'
  /** Imported images that cannot be read, or do not fit the data set. */
  | 'INVALID_IMAGES'
  /** A transformation that does not exist, or out of its range. */
  | 'INVALID_TRANSFORMATION'
  /** An attack parameter out of its range. */
  | 'INVALID_ATTACK'
  /** A training parameter out of its range, or one that contradicts another. */
  | 'INVALID_TRAINING'
  /** A loss that is no longer finite. */
  | 'TRAINING_DIVERGED'
  /** An endpoint that does not answer, or not as it should. */
  | 'REMOTE_MODEL_FAILED'
  /** An endpoint at an address that may not be called. */
  | 'REMOTE_ADDRESS_REFUSED'
  /** An engine that was asked for by name and cannot run here. */
  | 'ENGINE_UNAVAILABLE'
  /** A sandbox that was asked for by name and does not work here. */
  | 'SANDBOX_UNAVAILABLE'
  /** A computation that has ended its process twice in a row, the second time alone. */
  | 'COMPUTE_CRASHED'
  | 'CANCELLED'
  | 'INTERNAL';

/** The one error type of `compute`. It survives a trip between threads through {@link serializeError} and {@link deserializeError}. */
export class ComputeError extends Error {
  override readonly name = 'ComputeError';

  /** @param path the part of the input at fault, such as `['spec', 'mean']` or `['weights', 'dense/kernel']`. */
  constructor(
    readonly code: ComputeErrorCode,
    message: string,
    readonly path?: string[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** How a process ended that was not asked to. */
export interface ProcessDeath {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Where memory is the reason, whose limit it met: that of the process, that of JavaScript's heap, or (most likely) the machine's, whose kernel ended it. */
  readonly outOfMemory?: 'limit' | 'heap' | 'machine';
  /** The last that it wrote to standard error. */
  readonly errors: string;
}

/** Such as `SIGSEGV`. */
export function describeDeath({ exitCode, signal, outOfMemory, errors }: ProcessDeath): string {
  if (outOfMemory === 'limit') return 'it took more memory than it may';
  if (outOfMemory === 'heap') return "it took more of JavaScript's heap than it may";
  if (outOfMemory === 'machine') return 'SIGKILL, most likely because the machine ran out of memory';
  return signal ?? (exitCode === null ? errors : `exit code ${exitCode}`);
}

/**
 * The process ended that was computing: no verdict on the model, and to be tried again. Where it ended twice in a row while it computed the same part, the second time
 * with no other part beside it, the code is `COMPUTE_CRASHED`: it would end a third time.
 */
export class ComputeProcessLost extends ComputeError {
  /** @param losses of the part in a row, this one included; undefined: what was computed was no part of a job. */
  constructor(
    readonly death: ProcessDeath,
    readonly losses = 0,
  ) {
    const reason = describeDeath(death);
    const advice = death.outOfMemory
      ? 'Take a smaller model or fewer images, or have GAUNTLET_COMPUTE_MEMORY raised'
      : 'Export the model in another way';
    const again = `in a row while it computed this part, at last with no other part beside it: ${reason}. ${advice}.`;
    const isCrash = losses >= 2;
    super(
      isCrash ? 'COMPUTE_CRASHED' : 'INTERNAL',
      isCrash
        ? `The computing process ended ${losses === 2 ? 'twice' : `${losses} times`} ${again}`
        : `The computing process ended: ${reason}. Try again.`,
    );
  }

  /** Whether to try again. */
  get retriable(): boolean {
    return this.code === 'INTERNAL';
  }
}

export interface SerializedError {
  code: ComputeErrorCode;
  message: string;
  path?: string[];
  stack?: string;
}

/** Structured-clonable form of any thrown value; what is not a ComputeError becomes `INTERNAL`. */
export function serializeError(error: unknown): SerializedError {
  if (error instanceof ComputeError) return { code: error.code, message: error.message, path: error.path, stack: error.stack };
  if (error instanceof Error) return { code: 'INTERNAL', message: error.message, stack: error.stack };
  return { code: 'INTERNAL', message: String(error) };
}

export function deserializeError(plain: SerializedError): ComputeError {
  const error = new ComputeError(plain.code, plain.message, plain.path);
  if (plain.stack) error.stack = plain.stack;
  return error;
}
