/** Pipelines into files. @module */
import type { WriteStream } from 'node:fs';

/** Settles as a pipeline into a file does, once the file is closed: a pipeline that fails may still be making the file, or writing to it. */
export async function waitForClose(file: WriteStream, pipeline: Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => file.once('close', resolve));
  try {
    await pipeline;
  } finally {
    await closed;
  }
}
