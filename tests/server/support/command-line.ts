/** The command line `gauntlet`, as its user runs it. */
import { spawn } from 'node:child_process';
import { format } from 'node:util';
import { vi } from 'vitest';
import { PASSWORD } from '../../compute/model-endpoint.js';
import type { TestApplication } from './application.js';

export interface Finished {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

const environment = (app: TestApplication) => ({
  GAUNTLET_URL: app.url,
  GAUNTLET_TOKEN: app.authorization.replace('Bearer ', ''),
  GAUNTLET_ENDPOINT_AUTHORIZATION: PASSWORD,
});

/** Runs `gauntlet` as its user does. */
export async function gauntletProcess(app: TestApplication, ...args: string[]): Promise<Finished> {
  const child = spawn(process.execPath, ['client/bin/gauntlet.js', ...args], { env: { ...process.env, ...environment(app) } });
  const [output, errors] = [child.stdout, child.stderr].map(async (stream) => Buffer.concat(await stream.toArray()).toString());
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, output: (await output)!, errors: (await errors)! };
}

const { main } = (await import(
  new URL('../../../../client/dist/cli/main.js', import.meta.url).href
)) as typeof import('../../../client/dist/cli/main.js');

/** The same in this process: starting one for every command takes most of a minute. */
export async function gauntletCommand(app: TestApplication, ...args: string[]): Promise<Finished> {
  const written = { output: '', errors: '' };
  const into = (name: keyof typeof written) => (text: unknown) => Boolean((written[name] += String(text)));
  const lineInto =
    (name: keyof typeof written) =>
    (...values: unknown[]) =>
      void into(name)(`${format(...values)}\n`);
  vi.spyOn(process.stdout, 'write').mockImplementation(into('output'));
  vi.spyOn(process.stderr, 'write').mockImplementation(into('errors'));
  vi.spyOn(console, 'log').mockImplementation(lineInto('output'));
  vi.spyOn(console, 'error').mockImplementation(lineInto('errors'));
  for (const [name, value] of Object.entries(environment(app))) vi.stubEnv(name, value);
  try {
    return { status: await main(['node', 'gauntlet', ...args]), ...written };
  } finally {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  }
}
