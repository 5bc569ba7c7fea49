/** What an operator reads when a server cannot start. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describe as answerTo } from '../../src/http/errors.js';
import { SERVER } from '../../src/services/token/principal.js';
import { UploadService } from '../../src/services/upload/uploads.js';
import { startProcess } from './support/process.js';

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-start-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

const failure = (variables: Record<string, string>) =>
  startProcess('server.js', variables).then(
    () => [],
    (error: Error) => error.message.trim().split('\n'),
  );

it.each(['GAUNTLET_DATA_DIR', 'GAUNTLET_ARTIFACTS'])(
  'a folder that cannot be made is reported in one line, with the setting to change: %s',
  async (variable) => {
    const file = join(directory, variable);
    await writeFile(file, '');
    const folders = { GAUNTLET_DATA_DIR: join(directory, 'data'), [variable]: file };
    expect(await failure(folders)).toEqual([
      'server.js ended:',
      expect.stringMatching(new RegExp(`^gauntlet: EEXIST.*Check ${variable}, and who may write there\\.$`)),
    ]);
  },
);

it.runIf(process.platform === 'linux')('a folder that cannot be made where no folder can be is said at once', async () => {
  const [, line] = await failure({ GAUNTLET_DATA_DIR: '/proc/data/inner' });
  expect(line).toMatch(/^gauntlet: ENOENT.*Check GAUNTLET_DATA_DIR, and who may write there\.$/);
});

it.each([{ GAUNTLET_HOST: '192.0.2.1' }, { GAUNTLET_HOST: 'no-such-host.invalid' }])(
  'an address that this machine does not have is said in one line, with the settings to change: $GAUNTLET_HOST',
  async (variables) => {
    const lines = await failure({ ...variables, GAUNTLET_DATA_DIR: join(directory, 'addresses'), GAUNTLET_LOG_LEVEL: 'error' });
    expect(lines).toEqual([
      'server.js ended:',
      expect.stringMatching(/^gauntlet: (listen|getaddrinfo) .*\. Check GAUNTLET_HOST and GAUNTLET_PORT\.$/),
    ]);
  },
);

it('a port that is taken is said in one line, with the setting to change; a variable that is no setting, too', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const lines = await failure({
    GAUNTLET_PORT: String((taken.address() as AddressInfo).port),
    GAUNTLET_DATA_DIR: join(directory, 'addresses'),
    GAUNTLET_LOG_LEVEL: 'warn',
    GAUNTLET_POOL: '3',
  });
  taken.close();
  expect(lines[1]).toContain('GAUNTLET_POOL is no setting of this version');
  expect(lines.at(-1)).toMatch(/^gauntlet: listen EADDRINUSE.*Set GAUNTLET_PORT to another port, or to 0 for any\.$/);
});

/** Only root can mount. */
const canMount = process.platform === 'linux' && process.getuid!() === 0;

describe.runIf(canMount)('a small file system', () => {
  const mounted = join(directory, 'mounted');
  const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', mounted]);
  beforeAll(() => mkdir(mounted));
  afterEach(() => void execFileSync('umount', [mounted]));

  it('that can only be read is reported by the setting that names it', async () => {
    mount('ro');
    const [, line] = await failure({ GAUNTLET_DATA_DIR: mounted });
    expect(line).toMatch(/^gauntlet: EROFS: read-only file system.*Check GAUNTLET_DATA_DIR/);
  });

  it('that has no room for a database is said in one line', async () => {
    mount('size=25m');
    expect(await failure({ GAUNTLET_DATA_DIR: mounted })).toEqual([
      'server.js ended:',
      'gauntlet: The embedded database cannot write its files: no space left on the disk. Check GAUNTLET_DATA_DIR.',
    ]);
  });

  it('that is full is said by 507 to whoever uploads, and the part that was written goes', async () => {
    mount('size=1m');
    const uploads = new UploadService(
      { upload: { findUnique: () => Promise.resolve(row), update: () => Promise.resolve(row) } } as never,
      undefined as never,
      { limits: { maxUploadBytes: 1e9 } } as never,
      { directory: mounted, ttlHours: 1 },
    );
    const row = { id: randomUUID(), state: 'OPEN', size: 3_000_000n, artifactId: null };
    await writeFile(join(mounted, row.id), new Uint8Array(1000));
    const rest = Readable.from(Array.from({ length: 30 }, () => new Uint8Array(100_000)));
    const writing = uploads.write(SERVER, row.id, rest, { offset: 1000 });
    expect(answerTo(await writing.catch((error: unknown) => error))).toMatchObject({ status: 507, code: 'INSUFFICIENT_STORAGE' });
    expect((await stat(join(mounted, row.id))).size).toBe(1000);
  });
});
