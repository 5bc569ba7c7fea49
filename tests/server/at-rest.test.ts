/** What a server that has nothing to do keeps in memory. @module */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const APPLICATION = new URL('../../src/application.js', import.meta.url);

describe('The process that answers requests', () => {
  it('loads no native library that computes or decodes', async () => {
    const program = `await import(${JSON.stringify(APPLICATION.href)}); console.log(process.report.getReport().sharedObjects.join('\\n'))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    const libraries = stdout.split('\n');
    expect(libraries).toContainEqual(expect.stringMatching(/libc|libSystem/));
    expect(libraries.filter((path) => /onnxruntime|vips|tensorflow/.test(path))).toEqual([]);
  });
});
