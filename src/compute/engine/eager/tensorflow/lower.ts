export function lowerKernels(_backend: string): void {}
