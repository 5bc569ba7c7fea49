/**
 * Model artifacts, unpacked on this machine for compute to read, and data sets as files. A cache: what is missing is fetched and unpacked again.
 * @module
 */
import { extractArchive, type ArchiveLimits } from './archive/index.js';
import { isArtifactId, type ArtifactStore } from './artifacts.js';
import type { LocalCache } from './local-cache.js';

const SUFFIX = '.model';
const nameOf = (artifactId: string) => `${artifactId}${SUFFIX}`;

export class ModelFolders {
  constructor(
    protected readonly cache: LocalCache,
    protected readonly artifacts: ArtifactStore,
    private readonly limits: ArchiveLimits,
  ) {}

  /**
   * Folder with the files of a model's archive. It stays for two minutes at least; whoever needs it for longer opens it by a {@link lease}.
   * @throws ArtifactMissing, StoreUnavailable.
   */
  async open(artifactId: string): Promise<string> {
    const folder = await this.cache.open(nameOf(artifactId), (target) =>
      this.artifacts.useFile(artifactId, (archive) => extractArchive(archive, target, this.limits)),
    );
    return folder;
  }

  /** An artifact as a file of this machine, such as a data set. It stays as {@link open}'s folders do. @throws ArtifactMissing, StoreUnavailable. */
  openFile(artifactId: string): Promise<string> {
    return this.artifacts.localFile(artifactId);
  }

  /** Such a file where it is on this machine already, else the number of its bytes. @throws ArtifactMissing, StoreUnavailable. */
  locate(artifactId: string): Promise<{ readonly path: string } | { readonly size: number }> {
    return this.artifacts.locate(artifactId);
  }

  /** The same folders, those that are opened by it being kept until its `release`: for the time of a job, or of a request. */
  lease(): ModelFolderLease {
    return new ModelFolderLease(this.cache, this.artifacts, this.limits);
  }

  /** A new path for a folder, removed when `use` ends. */
  temporary<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
    return this.cache.temporary(use);
  }

  /** A new path for a folder, for its user to remove. */
  temporaryPath(): Promise<string> {
    return this.cache.temporaryPath();
  }

  async delete(artifactId: string): Promise<void> {
    await this.cache.delete(nameOf(artifactId));
  }
}

export class ModelFolderLease extends ModelFolders {
  private readonly releases = new Map<string, () => void>();

  override open(artifactId: string): Promise<string> {
    this.hold(nameOf(artifactId));
    return super.open(artifactId);
  }

  override openFile(artifactId: string): Promise<string> {
    this.hold(artifactId);
    return super.openFile(artifactId);
  }

  override locate(artifactId: string): Promise<{ readonly path: string } | { readonly size: number }> {
    this.hold(artifactId);
    return super.locate(artifactId);
  }

  release(): void {
    for (const release of this.releases.values()) release();
    this.releases.clear();
  }

  private hold(name: string): void {
    if (!this.releases.has(name)) this.releases.set(name, this.cache.hold(name));
  }
}

/** The artifact that an entry of the cache is of, for those of models and those of files alike; undefined for anything else. */
export function artifactOf(name: string): string | undefined {
  const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
  return isArtifactId(id) ? id : undefined;
}
