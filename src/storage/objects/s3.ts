/**
 * Objects of a bucket of anything that speaks S3. Endpoint, region and credentials are those of the AWS SDK: AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID,
 * profiles, roles of containers and machines.
 * @module
 */
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import pRetry from 'p-retry';
import { ArtifactMissing, StoreUnavailable } from '../errors.js';
import type { ByteRange, ObjectInfo, ObjectStore } from './types.js';

export interface S3Options {
  readonly bucket: string;
  /** Of every key; empty, or with `/` at its end. */
  readonly prefix: string;
  /** Whether the bucket is in the path of URLs, as most servers other than Amazon's need, and not in the name of the host. */
  readonly pathStyle: boolean;
  /** Folder of this machine for files that are then put. */
  readonly spool: string;
}

/** Larger files come in parts, of which so many are in memory at once. */
const PART_BYTES = 8 * 2 ** 20;
const PARTS_AT_ONCE = 2;
const MOST_PARTS = 10_000;

const CONNECTION_TIMEOUT_MS = 5_000;
/** Longest silence of the store. */
const SOCKET_TIMEOUT_MS = 30_000;

/** Of two that write or delete one key at the same time, a store may refuse one, for it to try again. */
const CONFLICTS = { retries: 8, minTimeout: 10, maxTimeout: 200, randomize: true };

const statusOf = (error: unknown) => (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined);
const isAbsence = (error: unknown) => statusOf(error) === 404 && (error as S3ServiceException).name !== 'NoSuchBucket';

export class S3Store implements ObjectStore {
  readonly location: string;
  readonly spool: string;
  readonly isRemote = true;
  private readonly client: S3Client;

  constructor(private readonly options: S3Options) {
    this.location = `s3://${options.bucket}/${options.prefix}`;
    this.spool = options.spool;
    this.client = new S3Client({
      forcePathStyle: options.pathStyle,
      // Not every server knows the checksums that came later; what is stored is checked by its SHA-256.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS },
    });
  }

  async prepare(): Promise<void> {
    await mkdir(this.spool, { recursive: true });
    const { bucket, prefix } = this.options;
    await this.attempt(() => this.client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 })));
  }

  async putFile(key: string, path: string): Promise<void> {
    const { size } = await stat(path);
    await this.attempt(async () => {
      const upload = new Upload({
        client: this.client,
        params: { ...this.named(key), Body: createReadStream(path) },
        partSize: Math.max(PART_BYTES, Math.ceil(size / (MOST_PARTS - 1))),
        queueSize: PARTS_AT_ONCE,
      });
      await upload.done();
    });
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    return this.attempt(async () => {
      try {
        await this.client.send(new PutObjectCommand({ ...this.named(key), Body: bytes, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    });
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.attempt(async () => {
      try {
        const { ContentLength, LastModified } = await this.client.send(new HeadObjectCommand(this.named(key)));
        return { key, size: ContentLength!, modified: LastModified! };
      } catch (error) {
        if (!isAbsence(error)) throw error;
        return undefined;
      }
    });
  }

  read(key: string, range?: ByteRange): Readable {
    return Readable.from(this.chunks(key, range), { objectMode: false });
  }

  async delete(key: string): Promise<void> {
    await this.attempt(() => this.client.send(new DeleteObjectCommand(this.named(key))));
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    const { bucket, prefix: root } = this.options;
    try {
      for await (const page of paginateListObjectsV2({ client: this.client }, { Bucket: bucket, Prefix: `${root}${prefix}` })) {
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          yield { key: Key!.slice(root.length), size: Size!, modified: LastModified! };
        }
      }
    } catch (error) {
      throw this.unavailable(error);
    }
  }

  /** Parts of uploads that were not completed are stored, and paid for, until somebody aborts them. */
  async removeUnfinished(before: Date): Promise<void> {
    const { bucket, prefix } = this.options;
    await this.attempt(async () => {
      let position: { KeyMarker?: string; UploadIdMarker?: string } = {};
      for (;;) {
        const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...position }));
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          if (Initiated! < before) await this.client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
        }
        if (!page.IsTruncated) return;
        position = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      }
    });
  }

  close(): void {
    this.client.destroy();
  }

  private async *chunks(key: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const Range = range && `bytes=${range.start}-${range.end - 1}`;
    try {
      const { Body, ContentLength } = await this.client.send(new GetObjectCommand({ ...this.named(key), Range }));
      let missing = ContentLength ?? 0;
      for await (const chunk of Body as Readable) {
        missing -= (chunk as Uint8Array).length;
        yield chunk as Uint8Array;
      }
      if (missing > 0) throw new Error(`the connection ended ${missing} bytes too early`);
    } catch (error) {
      if (isAbsence(error)) throw new ArtifactMissing(key, { cause: error });
      // The range begins after the last byte.
      if (statusOf(error) === 416) return;
      throw this.unavailable(error);
    }
  }

  private named(key: string) {
    return { Bucket: this.options.bucket, Key: `${this.options.prefix}${key}` };
  }

  private async attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      // The SDK repeats what a network or a server under load has broken, three times in all.
      return await pRetry(work, { ...CONFLICTS, shouldRetry: ({ error }) => statusOf(error) === 409 });
    } catch (error) {
      throw this.unavailable(error);
    }
  }

  private unavailable(error: unknown): Error {
    if (error instanceof StoreUnavailable) return error;
    return new StoreUnavailable(this.location, error);
  }
}
