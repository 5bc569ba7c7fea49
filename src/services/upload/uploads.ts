/**
 * Files that clients send, in one piece or several, until something takes them over or they expire. While bytes are missing they are files of the server that
 * receives them; complete, they are artifacts.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '../../errors.js';
import { recordArtifact, releaseArtifacts } from '../../storage/artifact-rows.js';
import type { ArtifactStore } from '../../storage/artifacts.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Upload } from '../../storage/generated/client.js';
import { isDiskFull } from '../../storage/errors.js';
import { isOlderThan } from '../../storage/is-older-than.js';
import { isRowId } from '../../storage/row-id.js';
import { waitForClose } from '../../storage/wait-for-close.js';
import type { Capacity } from '../job/capacity.js';
import type { Principal } from '../token/principal.js';
import { visibleClient } from '../access/visibility.js';

export interface UploadStatus {
  readonly upload: Upload;
  /** Bytes that are here. */
  readonly received: number;
}

/** Where bytes belong. */
export interface UploadPart {
  /** Position of the first byte; absent: the whole file from the start. */
  readonly offset?: number;
  /** Of this part, where it is known. */
  readonly length?: number;
  /** Size of the whole file, where it is known. */
  readonly total?: number;
}

/** One whose bytes are all here. */
type CompleteUpload = Upload & { readonly artifactId: string };

/** Younger files may have a row that is not committed yet. */
const GRACE_MS = 3_600_000;

const UPLOAD_MEDIA_TYPE = 'application/octet-stream';

export interface UploadOptions {
  /** Of uploads that are not complete. */
  readonly directory: string;
  readonly ttlHours: number;
}

export class UploadService {
  /** Uploads that a request is writing to, in this process. */
  private readonly writing = new Set<string>();

  constructor(
    private readonly prisma: DatabaseClient,
    private readonly artifacts: ArtifactStore,
    private readonly capacity: Capacity,
    private readonly options: UploadOptions,
  ) {}

  /** @throws DomainError LIMIT_EXCEEDED where the principal has too many uploads, or too many bytes. */
  async open(principal: Principal, declared: { size?: number; sha256?: string; fileName?: string }): Promise<Upload> {
    this.checkSize(declared.size);
    const upload = await this.prisma.$transaction(async (tx) => {
      await this.capacity.checkUpload(tx, principal, declared.size);
      return tx.upload.create({ data: { ...declared, owner: principal.name } });
    });
    await mkdir(this.options.directory, { recursive: true });
    await writeFile(this.path(upload.id), '');
    return upload;
  }

  async status(principal: Principal, id: string): Promise<UploadStatus> {
    const upload = await visibleClient(this.prisma, principal).upload.findUnique({ where: { id } });
    if (!upload) throw new DomainError('NOT_FOUND', 'There is no upload with this id; it may have expired or become a model.');
    if (upload.artifactId) return { upload, received: Number(upload.size) };
    return { upload, received: (await this.sizeOfFile(id)) ?? 0 };
  }

  /** @throws DomainError NOT_FOUND or VALIDATION where its bytes are not all here. */
  async completed(principal: Principal, id: string | undefined): Promise<CompleteUpload> {
    const upload = id && isRowId(id) && (await visibleClient(this.prisma, principal).upload.findUnique({ where: { id } }));
    if (!upload) throw new DomainError('NOT_FOUND', 'There is no upload with this id; it may have expired or been used.', ['uploadId']);
    if (upload.artifactId) return { ...upload, artifactId: upload.artifactId };
    // By a version before there were artifacts of uploads.
    const size = upload.state === 'COMPLETE' ? await this.sizeOfFile(upload.id) : undefined;
    if (size !== undefined) return this.finish(upload, size);
    throw new DomainError('VALIDATION', 'The upload is not complete. Send the rest of its bytes first.', ['uploadId']);
  }

  /** Writes a part and, with the last byte, finishes the upload. What arrived before a connection broke is kept. */
  async write(principal: Principal, id: string, bytes: Readable, part: UploadPart): Promise<UploadStatus> {
    const { upload, received } = await this.status(principal, id);
    if (upload.state === 'COMPLETE') throw new DomainError('CONFLICT', 'The upload is complete.');
    if (this.writing.has(id)) throw new DomainError('CONFLICT', 'Another request is writing to this upload. Wait until it ends.');
    const offset = part.offset ?? 0;
    if (part.offset !== undefined && offset !== received) {
      throw new DomainError('CONFLICT', `The upload continues at byte ${received}, not ${offset}.`);
    }
    const size = this.agreedSize(upload, part);
    if (size === undefined && part.offset !== undefined) {
      throw new DomainError(
        'INVALID',
        'Declare the size of the whole file: `size` when the upload is opened, or the total in Content-Range.',
      );
    }
    this.writing.add(id);
    try {
      if (size !== undefined && upload.size === null) await this.prisma.upload.update({ where: { id }, data: { size } });
      await this.append(id, bytes, part, size);
      const now = (await stat(this.path(id))).size;
      if (size !== undefined && now < size) return await this.status(principal, id);
      return { upload: await this.finish(upload, now), received: now };
    } finally {
      this.writing.delete(id);
    }
  }

  /** Removes uploads that nothing took over in time. */
  async expire(): Promise<number> {
    const before = new Date(Date.now() - this.options.ttlHours * 3_600_000);
    const expired = await this.prisma.upload.findMany({ where: { createdAt: { lt: before } }, select: { id: true } });
    for (const { id } of expired) await this.remove(id);
    return expired.length;
  }

  async remove(id: string): Promise<void> {
    const upload = await this.prisma.upload.findUnique({ where: { id } });
    await this.prisma.upload.deleteMany({ where: { id } });
    await rm(this.path(id), { force: true });
    await releaseArtifacts(this.prisma, this.artifacts, [upload?.artifactId ?? null]);
  }

  /** Removes files that a process left behind which was killed after it had deleted their rows. @param graceMs younger ones stay. */
  async sweep(graceMs = GRACE_MS): Promise<number> {
    const names = await readdir(this.options.directory).catch(() => []);
    const rows = await this.prisma.upload.findMany({ where: { id: { in: names.filter(isRowId) } }, select: { id: true } });
    const known = new Set(rows.map(({ id }) => id));
    let count = 0;
    for (const name of names) {
      if (known.has(name) || !(await isOlderThan(this.path(name), graceMs))) continue;
      await rm(this.path(name), { force: true });
      count++;
    }
    return count;
  }

  private path(id: string): string {
    return join(this.options.directory, id);
  }

  private sizeOfFile(id: string): Promise<number | undefined> {
    return stat(this.path(id)).then(
      ({ size }) => size,
      () => undefined,
    );
  }

  private agreedSize(upload: Upload, part: UploadPart): number | undefined {
    const declared = upload.size === null ? undefined : Number(upload.size);
    if (declared !== undefined && part.total !== undefined && declared !== part.total) {
      throw new DomainError('INVALID', `The upload was declared with ${declared} bytes, not ${part.total}.`);
    }
    this.checkSize(part.total);
    return declared ?? part.total;
  }

  private checkSize(size: number | undefined): void {
    if (size !== undefined && size > this.capacity.limits.maxUploadBytes) throw this.tooLarge();
  }

  private tooLarge(): DomainError {
    return new DomainError('TOO_LARGE', `An upload may have ${this.capacity.limits.maxUploadBytes} bytes at most.`);
  }

  private async append(id: string, bytes: Readable, { offset = 0, length }: UploadPart, size: number | undefined): Promise<void> {
    const path = this.path(id);
    let position = offset;
    const limit = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        position += chunk.length;
        if (position > this.capacity.limits.maxUploadBytes) done(this.tooLarge());
        else if (size !== undefined && position > size)
          done(new DomainError('INVALID', `The request has more than the ${size} declared bytes.`));
        else done(null, chunk);
      },
    });
    try {
      const file = createWriteStream(path, offset === 0 ? { flags: 'w' } : { flags: 'r+', start: offset });
      await waitForClose(file, pipeline(bytes, limit, file));
      if (length !== undefined && position !== offset + length)
        throw new DomainError('INVALID', `${position - offset} bytes arrived, but Content-Range declares ${length}.`);
    } catch (error) {
      // Room that a part of it takes is missed elsewhere.
      if (error instanceof DomainError || isDiskFull(error)) await truncate(path, offset);
      throw error;
    }
  }

  private async finish(upload: Upload, size: number): Promise<CompleteUpload> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(this.path(upload.id)), hash);
    const sha256 = hash.digest('hex');
    if (upload.sha256 && upload.sha256 !== sha256) {
      await truncate(this.path(upload.id), 0);
      throw new DomainError('INVALID', `The bytes have SHA-256 ${sha256}, but ${upload.sha256} was declared. Send them again.`);
    }
    const data = { state: 'COMPLETE' as const, size, sha256, artifactId: sha256 };
    const record = recordArtifact(this.prisma, { mediaType: UPLOAD_MEDIA_TYPE }, async (tx) => {
      await tx.upload.update({ where: { id: upload.id }, data });
    });
    await this.artifacts.putFile(this.path(upload.id), { id: sha256, size }, record);
    return { ...upload, ...data, size: BigInt(size) };
  }
}
