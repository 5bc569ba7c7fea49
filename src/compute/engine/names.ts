/**
 * `auto` takes the first that passes its self-test: compiled:cuda and eager:tfjs-node-gpu (where an NVIDIA device is found), compiled:cpu,
 * eager:cpu. `compiled:webgpu` is chosen by name only: a GPU cannot be told from a software adapter.
 */
export const ENGINE_NAMES = [
  'auto',
  'compiled:cpu',
  'compiled:webgpu',
  'compiled:cuda',
  'eager:tfjs-node-gpu',
  'eager:tfjs-node',
  'eager:cpu',
] as const;

export type EngineName = (typeof ENGINE_NAMES)[number];
