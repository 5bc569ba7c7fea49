/**
 * The changelog of the Python package with one more version: the changes of all packages that speak of Python.
 * @param {string} changelog as it is. @param {string} version the new one. @param {string} changes as changesets writes them: lists below headings.
 */
export function withPythonChanges(changelog, version, changes) {
  const entries = changes
    .split(/^(?=- |#)/m)
    .filter((part) => part.startsWith('- ') && /\bPython\b/.test(part))
    .map((part) => part.trim());
  const text = entries.length > 0 ? entries.join('\n') : 'The version of the server; in the package alone nothing has changed.';
  const first = changelog.search(/^## /m);
  if (first === -1) return `${changelog.trim()}\n\n## ${version}\n\n${text}\n`;
  return `${changelog.slice(0, first)}## ${version}\n\n${text}\n\n${changelog.slice(first)}`;
}
