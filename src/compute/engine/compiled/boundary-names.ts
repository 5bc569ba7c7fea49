/** Names of an emitted model's inputs and outputs; the prefix keeps an input and an output of the same name apart. @module */

export function inputName(name: string): string {
  return `in:${name}`;
}

export function outputName(name: string): string {
  return `out:${name}`;
}
