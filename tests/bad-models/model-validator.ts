/** Validates files as the validation process does, many of them in one process. @module */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComputeService } from '../../src/compute/host/service.js';
import type { Verdict } from '../../src/jobs/model/messages.js';
import { verdictHere } from '../server/support/validation.js';

const ENGINE = { engine: 'compiled:cpu', threads: 1 } as const;
const LIMITS = { maxEntries: 2000, maxBytes: 40 * 2 ** 20, maxRatio: 200 };

export class ModelValidator {
  private readonly compute = new ComputeService({ engine: ENGINE });
  private count = 0;

  /** @param root an empty folder; what is unpacked goes below it, in folders that are gone afterwards. */
  constructor(private readonly root: string) {}

  async verdictOn(bytes: Uint8Array): Promise<Verdict> {
    const archive = join(this.root, 'upload');
    const folder = join(this.root, String(this.count++));
    await writeFile(archive, bytes);
    try {
      const request = {
        source: { archive, limits: LIMITS },
        directory: join(folder, 'model'),
        format: undefined,
        spec: undefined,
        engine: ENGINE,
      };
      return await verdictHere(request, this.compute);
    } finally {
      await rm(folder, { recursive: true, force: true });
      await rm(archive);
    }
  }

  close(): Promise<void> {
    return this.compute.close();
  }
}
