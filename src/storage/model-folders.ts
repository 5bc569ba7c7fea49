/**
 * Model artifacts, unpacked on this machine for compute to read. A cache: what is missing is unpacked again.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive, type ArchiveLimits } from './archive/index.js';
import type { ArtifactStore } from './artifacts.js';
import { isOlderThan } from './is-older-than.js';

export class ModelFolders {
  constructor(
    private readonly directory: string,
    private readonly artifacts: ArtifactStore,
    private readonly limits: ArchiveLimits,
  ) {}

  /** Folder with the files of a model's archive. */
  async open(artifactId: string): Promise<string> {
    const folder = this.path(artifactId);
    if (!existsSync(folder)) {
      await this.temporary(async (unpacked) => {
        await extractArchive(this.artifacts.path(artifactId), unpacked, this.limits);
        await this.adopt(unpacked, artifactId);
      });
      // Deleted in the meantime: nothing would ever remove the folder.
      if (!this.artifacts.has(artifactId)) await this.delete(artifactId);
    }
    return folder;
  }

  /** Unpacks an archive that is not stored yet, for as long as `use` runs. */
  async inspect<Result>(archive: string, use: (folder: string) => Promise<Result>): Promise<Result> {
    return this.temporary(async (folder) => {
      await extractArchive(archive, folder, this.limits);
      return use(folder);
    });
  }

  /** A new folder, removed when `use` ends. */
  async temporary<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
    await mkdir(this.directory, { recursive: true });
    const folder = join(this.directory, `tmp-${randomUUID()}`);
    try {
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Removes what a crash left behind, and folders of artifacts that are gone. Younger ones may be in use. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.directory).catch(() => [])) {
      const path = join(this.directory, name);
      if (!this.artifacts.has(name) && (await isOlderThan(path, 3_600_000))) await rm(path, { recursive: true, force: true });
    }
  }

  async delete(artifactId: string): Promise<void> {
    await rm(this.path(artifactId), { recursive: true, force: true });
  }

  /** Moved into place whole. Someone else may have been faster with the same files. */
  private async adopt(unpacked: string, artifactId: string): Promise<void> {
    await rename(unpacked, this.path(artifactId)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  }

  private path(artifactId: string): string {
    return join(this.directory, artifactId);
  }
}
