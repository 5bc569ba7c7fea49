import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { environment } from '../../src/config.js';

interface Service {
  readonly restart?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
}

it('compose.yaml restarts what ends, mounts data sets read-only, has no password in a URL and sets variables that there are', async () => {
  const { services } = parse(await readFile('compose.yaml', 'utf8'), { merge: true }) as { services: Record<string, Service> };
  expect(Object.values(services).map(({ restart }) => restart)).toEqual(['unless-stopped', 'unless-stopped', 'unless-stopped']);
  for (const { environment: variables, volumes } of [services.server!, services.worker!]) {
    expect(new URL(variables.DATABASE_URL!).password).toBe('');
    expect(volumes.some((volume) => volume.endsWith('/datasets:ro'))).toBe(true);
    expect(Object.keys(variables).filter((name) => !(name in environment.shape))).toEqual(['PGPASSWORD']);
    expect(environment.safeParse({ ...variables }).error?.issues).toBeUndefined();
  }
});
