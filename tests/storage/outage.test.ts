/** Trouble of the database, the store or the system: said once, told apart from mistakes, and waited for at the start. */
import { createServer, connect as connectTo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ComputeError, deserializeError, serializeError, systemCodeOf } from '../../src/compute/errors.js';
import { loadConfig } from '../../src/config.js';
import { describe as answerTo } from '../../src/http/errors.js';
import { isComputeVerdict } from '../../src/jobs/types.js';
import { validateModel } from '../../src/jobs/model/validate-model.js';
import { Outage } from '../../src/outage.js';
import { toDomainErrors } from '../../src/services/domain-errors.js';
import { ArchiveError } from '../../src/storage/archive/index.js';
import { DatabaseUnreachableError } from '../../src/storage/database.js';
import { StoreUnavailable } from '../../src/storage/errors.js';
import { openPostgres } from '../../src/storage/postgres.js';

const systemError = (code: string, path = '/srv/gauntlet/secret') =>
  Object.assign(new Error(`${code}: it did not work, open '${path}'`), { code, errno: -1, syscall: 'open', path });

afterEach(() => void vi.useRealTimers());

describe('an outage', () => {
  function logged() {
    const lines: { level: number; msg: string; reason?: string }[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
    return { lines, log };
  }

  it('is said once, however many notice it, and once when it is over', async () => {
    vi.useFakeTimers();
    const { lines, log } = logged();
    let isAway = true;
    const outage = new Outage(log, () => (isAway ? Promise.reject(systemError('ECONNREFUSED')) : Promise.resolve()));
    const quiet = outage.quiet(log);
    for (let second = 0; second < 30; second++) {
      quiet.error({ err: systemError('ECONNREFUSED') }, 'queue');
      // As pg-boss reports them.
      quiet.error({ err: { code: '57P03', message: 'the database system is starting up' } }, 'queue');
      quiet.child({ jobId: 'x' }).warn({ err: new Error('Connection terminated unexpectedly') }, 'following jobs');
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(lines).toHaveLength(1);
    isAway = false;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(lines.map(({ level }) => level)).toEqual([40, 30]);
    quiet.error({ err: systemError('ENOSPC') }, 'another time');
    expect(lines).toHaveLength(3);
    outage.close();
  });

  it('hides no other error', () => {
    const { lines, log } = logged();
    const quiet = new Outage(log, () => Promise.resolve()).quiet(log);
    quiet.error({ err: new TypeError('a bug') }, 'resolver failed');
    quiet.warn('a line');
    quiet.info({ err: systemError('EMFILE') }, 'a line that is none of trouble');
    expect(lines.map(({ msg }) => msg)).toEqual(['resolver failed', 'a line', 'a line that is none of trouble']);
  });
});

describe('an error of the system', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOSPC', 'EIO', 'EACCES', 'ENOMEM', 'EROFS'])(
    'such as %s behind a verdict makes it none, also from another process',
    (code) => {
      const error = new ComputeError('INVALID_MODEL', 'Cannot list the files', ['directory'], { cause: systemError(code) });
      const archive = new ArchiveError('INVALID_ARCHIVE', 'The archive is damaged', { cause: systemError(code) });
      for (const arrived of [error, deserializeError(serializeError(error)), deserializeError(serializeError(archive))]) {
        expect(systemCodeOf(arrived)).toBe(code);
        expect(isComputeVerdict(arrived)).toBe(false);
      }
      expect(isComputeVerdict(new ComputeError('INVALID_MODEL', 'No such layer', [], { cause: systemError('ENOENT') }))).toBe(true);
    },
  );

  it('shows no path', async () => {
    expect(serializeError(systemError('EMFILE')).message).toBe('EMFILE: it did not work');
    const work = () => Promise.reject(new ComputeError('INVALID_DATASET', 'Cannot read /srv/secret', [], { cause: systemError('EMFILE') }));
    const thrown = await toDomainErrors(work).catch((error: unknown) => error);
    expect(answerTo(thrown)).toMatchObject({
      status: 503,
      code: 'UNAVAILABLE',
      message: expect.not.stringContaining('srv') as string,
      headers: { 'Retry-After': '5' },
    });
  });

  it('is answered by 507 where a disk is full', () => {
    for (const error of [
      systemError('ENOSPC'),
      new StoreUnavailable('/srv', systemError('EDQUOT')),
      Object.assign(new Error('no space'), { code: '53100' }),
    ]) {
      expect(answerTo(error)).toMatchObject({ status: 507, code: 'INSUFFICIENT_STORAGE' });
    }
  });

  it.runIf(process.platform === 'linux')('is no refusal of a model that is being validated', async () => {
    // Reading its first bytes fails by EIO.
    const source = { archive: '/proc/self/mem', limits: loadConfig({}).archives };
    const verdict = await validateModel(
      { source, directory: '/nowhere', format: undefined, spec: {}, engine: { engine: 'auto' } } as never,
      () => Promise.reject(new Error('not reached')),
    );
    expect(verdict).toEqual({ trouble: 'EIO' });
  });
});

describe('a PostgreSQL server that does not accept connections', () => {
  const options = { dataDirectory: '', cacheDirectory: '', migrationsDirectory: '', poolSize: 1 };

  /** A port on which nothing listens. */
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  it('is waited for so many seconds, which is said once', async () => {
    const said: string[] = [];
    const url = `postgresql://gauntlet@127.0.0.1:${await freePort()}/gauntlet`;
    const began = performance.now();
    await expect(openPostgres(url, { ...options, waitSeconds: 2, onWait: (reason) => said.push(reason) })).rejects.toThrow(
      DatabaseUnreachableError,
    );
    expect(performance.now() - began).toBeGreaterThan(1900);
    expect(said).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  const { GAUNTLET_TEST_DATABASE_URL: existing } = process.env;
  it.runIf(existing)('is used when it is there', async () => {
    const port = await freePort();
    const { hostname, port: behind } = new URL(existing!);
    const way = createServer((socket) => {
      const server = connectTo(Number(behind), hostname);
      socket
        .on('error', () => server.destroy())
        .pipe(server)
        .on('error', () => socket.destroy())
        .pipe(socket);
    });
    setTimeout(() => way.listen(port, '127.0.0.1'), 2500);
    const url = new URL(existing!);
    url.port = String(port);
    const database = await openPostgres(url.href, { ...options, migrationsDirectory: loadConfig({}).migrationsDirectory, waitSeconds: 60 });
    await database.close();
    await new Promise((resolve) => way.close(resolve));
  });

  it('whose address is wrong for good is not waited for', async () => {
    const refusing = createServer((socket) => {
      const fields = ['SFATAL', 'C28P01', 'Mpassword authentication failed'].map((field) => `${field}\0`).join('') + '\0';
      const message = Buffer.alloc(5 + fields.length);
      message.write('E');
      message.writeInt32BE(4 + fields.length, 1);
      message.write(fields, 5);
      socket.once('data', () => socket.end(message));
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const { port } = refusing.address() as { port: number };
    const onWait = vi.fn();
    await expect(openPostgres(`postgresql://gauntlet@127.0.0.1:${port}/gauntlet`, { ...options, waitSeconds: 60, onWait })).rejects.toThrow(
      /password/,
    );
    expect(onWait).not.toHaveBeenCalled();
    await new Promise((resolve) => refusing.close(resolve));
  });
});
