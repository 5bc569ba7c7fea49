import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config.js';

describe('loadConfig', () => {
  it('listens on loopback only by default', () => {
    expect(loadConfig({})).toMatchObject({ host: '127.0.0.1', port: 4000, database: { url: undefined }, engine: { engine: 'auto' } });
  });

  it('treats empty variables as absent', () => {
    expect(loadConfig({ DATABASE_URL: '', GAUNTLET_PORT: '' })).toEqual(loadConfig({}));
  });

  it.each([
    ['GAUNTLET_PORT', 'http'],
    ['GAUNTLET_PORT', '70000'],
    ['GAUNTLET_ENGINE', 'compiled:tpu'],
    ['GAUNTLET_SHARD_SIZE', '0'],
    ['GAUNTLET_DEMO', 'yes'],
    ['GAUNTLET_COMPUTE_MEMORY', 'much'],
    ['GAUNTLET_COMPUTE_MEMORY', '2 GBs'],
    ['GAUNTLET_COMPUTE_MEMORY', '100MB'],
    ['GAUNTLET_AUTH', 'password'],
    ['GAUNTLET_VALIDATION_SECONDS', '0'],
    ['GAUNTLET_REMOTE_MODEL_NETWORKS', '10.0.0.1'],
    ['GAUNTLET_REMOTE_MODEL_NETWORKS', '10.0.0.0/8,localhost'],
    ['GAUNTLET_QUEUE_HEARTBEAT_SECONDS', '5'],
    ['DATABASE_URL', 'localhost'],
    ['DATABASE_URL', 'mysql://localhost/gauntlet'],
    ['DATABASE_URL', 'postgresql://localhost'],
  ])('names %s when its value is %j', (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => loadConfig({ [name]: value })).toThrow(new RegExp(`^${name}: `));
  });

  it.each([
    ['2GB', 2e9],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['800m', 8e8],
    ['2000000000', 2e9],
  ])('reads %s as an amount of memory', (value, bytes) => {
    expect(loadConfig({ GAUNTLET_COMPUTE_MEMORY: value }).computeMemory).toBe(bytes);
  });

  it('lets computing occupy half of the memory of the machine or the container where nothing is said', () => {
    const { computeMemory } = loadConfig({});
    expect(computeMemory).toBeGreaterThan(0);
    expect(computeMemory).toBeLessThanOrEqual(totalmem() / 2);
  });

  it('allows access without tokens on loopback only', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
      expect(loadConfig({ GAUNTLET_AUTH: 'none', GAUNTLET_HOST: host }).tokensRequired).toBe(false);
    }
    for (const host of ['0.0.0.0', '::', '192.168.1.5', '127.evil.example']) {
      expect(() => loadConfig({ GAUNTLET_AUTH: 'none', GAUNTLET_HOST: host })).toThrow(/^GAUNTLET_AUTH: .*loopback/);
      expect(loadConfig({ GAUNTLET_HOST: host }).tokensRequired).toBe(true);
    }
  });

  it('accepts PostgreSQL by host or by socket', () => {
    for (const url of ['postgresql://gauntlet:secret@db:5432/gauntlet', 'postgres:///gauntlet?host=/run/postgresql']) {
      expect(loadConfig({ DATABASE_URL: url }).database.url).toBe(url);
    }
  });
});
