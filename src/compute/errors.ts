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
  /** A function on a client's machine whose client is not connected, and does not come back. */
  | 'FUNCTION_NOT_CONNECTED'
  /** A function on a client's machine that raises an error, or takes longer than it may. */
  | 'FUNCTION_FAILED'
  /** An engine that was asked for by name and cannot run here. */
  | 'ENGINE_UNAVAILABLE'
  /** A sandbox that was asked for by name and does not work here. */
  | 'SANDBOX_UNAVAILABLE'
  /** A computation that has ended its process twice in a row, the second time alone. */
  | 'COMPUTE_CRASHED'
  | 'CANCELLED'
  | 'INTERNAL';

/** Errors of the system that say nothing about what is computed: too many files are open, a disk is full, a file may not be read. */
const SYSTEM_CODES: ReadonlySet<string> = new Set(
  'EACCES EAGAIN EBUSY EDQUOT EIO EMFILE ENFILE ENOBUFS ENODEV ENOMEM ENOSPC ENXIO EPERM EROFS ESTALE'.split(' '),
);

/** The code of the system's error that is the reason for an error, such as `EMFILE`; undefined: it is of another kind. */
export function systemCodeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, system } = at as { code?: unknown; system?: unknown };
    for (const known of [system, code]) if (typeof known === 'string' && SYSTEM_CODES.has(known)) return known;
  }
  return undefined;
}

/** What the system says, without the path that it says it of. */
const withoutPath = ({ message }: Error) => /^[A-Z]+: [^,]*/.exec(message)?.[0] ?? message;

/** The one error type of `compute`. It survives a trip between threads through {@link serializeError} and {@link deserializeError}. */
export class ComputeError extends Error {
  override readonly name = 'ComputeError';
  /** The system's error behind it, such as `EMFILE`: whoever asked is not at fault, and another try may succeed. */
  readonly system: string | undefined;

  /** @param path the part of the input at fault, such as `['spec', 'mean']` or `['weights', 'dense/kernel']`. */
  constructor(
    readonly code: ComputeErrorCode,
    message: string,
    readonly path?: string[],
    options: ErrorOptions & { readonly system?: string } = {},
  ) {
    super(message, options);
    this.system = options.system ?? systemCodeOf(options.cause);
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
  /** The system's error for which it did not even start, such as `EAGAIN`. */
  readonly system?: string;
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
  system?: string;
}

/** Structured-clonable form of any thrown value; what is not a ComputeError becomes `INTERNAL`. */
export function serializeError(error: unknown): SerializedError {
  if (error instanceof ComputeError)
    return { code: error.code, message: error.message, path: error.path, stack: error.stack, system: error.system };
  const system = systemCodeOf(error);
  if (error instanceof Error) return { code: 'INTERNAL', message: system ? withoutPath(error) : error.message, stack: error.stack, system };
  return { code: 'INTERNAL', message: String(error) };
}

export function deserializeError(plain: SerializedError): ComputeError {
  const error = new ComputeError(plain.code, plain.message, plain.path, { system: plain.system });
  if (plain.stack) error.stack = plain.stack;
  return error;
}
