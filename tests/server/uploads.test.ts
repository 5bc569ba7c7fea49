import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { until } from './support/client.js';
import { openUpload } from './support/upload.js';

let app: TestApplication;
const bytes = randomBytes(300_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_UPLOAD_MAX_BYTES: '400000' });
});
afterAll(() => app?.close());

const put = (id: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${app.url}/uploads/${id}`, { method: 'PUT', body: Buffer.from(body), headers: { authorization: app.authorization, ...headers } });

const get = (id: string) => fetch(`${app.url}/uploads/${id}`, { headers: { authorization: app.authorization } });

describe('the upload endpoint', () => {
  it('accepts a file in one piece', async () => {
    const id = await openUpload(app);
    const response = await put(id, bytes);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id, state: 'COMPLETE', received: bytes.length, sha256 });
  });

  it.each([
    ['Upload-Offset', (start: number) => ({ 'upload-offset': String(start) })],
    ['Content-Range', (start: number, end: number) => ({ 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` })],
  ])('accepts a file in parts by %s, and reports its progress', async (_name, headers) => {
    const id = await openUpload(app, { size: bytes.length });
    const parts = [0, 100_000, 250_000, bytes.length];
    for (let i = 0; i < 3; i++) {
      const [start, end] = [parts[i]!, parts[i + 1]!];
      const head = await fetch(`${app.url}/uploads/${id}`, { method: 'HEAD', headers: { authorization: app.authorization } });
      expect(head.headers.get('upload-offset')).toBe(String(start));
      expect((await put(id, bytes.subarray(start, end), headers(start, end))).status).toBe(200);
    }
    expect(await (await get(id)).json()).toMatchObject({ state: 'COMPLETE', sha256 });
  });

  it('keeps the bytes that arrived before a connection broke', async () => {
    const id = await openUpload(app, { size: bytes.length, sha256 });
    const received = async () => ((await (await get(id)).json()) as { received: number }).received;
    const broken = request(`${app.url}/uploads/${id}`, {
      method: 'PUT',
      headers: { authorization: app.authorization, 'content-length': bytes.length },
    });
    broken.write(bytes.subarray(0, 120_000));
    await until(async () => (await received()) > 0, 'bytes to arrive');
    await new Promise((resolve) => broken.once('error', resolve).destroy(new Error('cable pulled')));
    const response = await until(async () => {
      const start = await received();
      expect(start).toBeGreaterThan(0);
      expect(start).toBeLessThanOrEqual(120_000);
      const answer = await put(id, bytes.subarray(start), { 'upload-offset': String(start) });
      return answer.status === 200 && answer;
    }, 'the broken request to let go');
    expect(await response.json()).toMatchObject({ state: 'COMPLETE', sha256 });
  });

  it.each([
    ['an offset that is not the next byte', { size: 10 }, new Uint8Array(5), { 'upload-offset': '3' }, 409, 'CONFLICT'],
    ['more bytes than declared', { size: 10 }, new Uint8Array(11), { 'upload-offset': '0' }, 400, 'INVALID'],
    ['a size other than declared', { size: 10 }, new Uint8Array(4), {}, 400, 'INVALID'],
    ['other bytes than declared', { sha256 }, new Uint8Array(4), {}, 400, 'INVALID'],
    ['more bytes than allowed', {}, new Uint8Array(400_001), {}, 413, 'TOO_LARGE'],
    ['a range past the end', {}, new Uint8Array(3), { 'content-range': 'bytes 0-99/5' }, 400, 'INVALID'],
    ['a range that ends before it begins', {}, new Uint8Array(3), { 'content-range': 'bytes 2-0/5' }, 400, 'INVALID'],
    ['fewer bytes than their range', {}, new Uint8Array(3), { 'content-range': 'bytes 0-3/5' }, 400, 'INVALID'],
    ['more bytes than their range', {}, new Uint8Array(4), { 'content-range': 'bytes 0-2/5' }, 400, 'INVALID'],
    ['a range that is none', {}, new Uint8Array(4), { 'content-range': 'items 1-2' }, 400, 'INVALID'],
  ])('refuses %s', async (_name, declaration, body, headers, status, code) => {
    const id = await openUpload(app, declaration);
    const response = await put(id, body, headers as Record<string, string>);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect(await (await get(id)).json()).toMatchObject({ state: 'OPEN', received: 0 });
  });

  it('refuses a declared size over the limit, and unknown ids', async () => {
    const response = await fetch(`${app.url}/uploads`, {
      method: 'POST',
      headers: { authorization: app.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ size: 400_001 }),
    });
    expect(response.status).toBe(413);
    for (const id of ['nonsense', '00000000-0000-0000-0000-000000000000', '..%2f..%2fetc%2fpasswd']) {
      expect((await put(id, bytes)).status).toBe(404);
    }
  });

  it('removes uploads that were not used in time', async () => {
    const id = await openUpload(app);
    await app.runtime.database.prisma.upload.update({ where: { id }, data: { createdAt: new Date(0) } });
    expect(await app.services.uploads.expire()).toBe(1);
    expect((await get(id)).status).toBe(404);
  });
});
