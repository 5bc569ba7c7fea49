import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';

const require = createRequire(import.meta.url);

/** Versions of installed packages by name, as results record them. A package that is not installed is left out. */
export function packageVersions(names: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of names) {
    const version = versionOf(name);
    if (version) versions[name] = version;
  }
  return versions;
}

/** Reads the version from the nearest package.json above the package's entry; `exports` may hide `name/package.json` from require. */
function versionOf(name: string): string | undefined {
  let folder: string;
  try {
    folder = dirname(require.resolve(name));
  } catch {
    return undefined;
  }
  while (folder !== dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
      if (manifest.name === name) return manifest.version;
    }
    folder = dirname(folder);
  }
  return undefined;
}
