/** Networks that Keras computes in half precision. @module */
import { allLayers, type LayerConfig, nameOf, type Topology } from './topology.js';

/** What a layer computes in, where the file says: a name, or a policy with one. */
function precisionOf({ config }: LayerConfig): string {
  const given = config['dtype'];
  if (typeof given === 'string') return given;
  const policy = given as { config?: { name?: unknown } } | null | undefined;
  return String(policy?.config?.name ?? '');
}

/** A warning where any layer computes in half precision: here all do in single precision, which differs in the third digit. */
export function precisionWarning(topology: Topology): string | undefined {
  const half = [...allLayers(topology)].find((layer) => /float16/.test(precisionOf(layer)));
  if (!half) return undefined;
  return `Keras computes this model in half precision (layer ${nameOf(half)}: ${precisionOf(half)}); here it is computed in single precision, so that scores differ from the third digit on.`;
}
