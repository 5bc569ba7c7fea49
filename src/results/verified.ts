/** What bounds of a network prove on the examples of an evaluation. @module */
import type { Proportion } from '../compute/statistics/index.js';
import { certifiedAccuracy, unpackCertificates } from './certificates.js';

interface Examples {
  readonly datasetId: string;
  readonly offset: number;
  readonly sampleCount: number;
}

/** @param bounds certifications of the model by bounds, which have radii in L∞. @returns the highest, since each is a floor; null where there is none. */
export function highestVerified(
  evaluation: (Examples & { readonly norm: string; readonly epsilon: number | null; readonly judging: 'STORED' | 'FLOAT' }) | undefined,
  bounds: readonly (Examples & { readonly certificates: Uint8Array | null })[],
): Proportion | null {
  if (!evaluation || evaluation.norm !== 'LINF' || evaluation.epsilon === null) return null;
  const { datasetId, offset, sampleCount, epsilon, judging } = evaluation;
  const verified = bounds
    .filter((one) => one.datasetId === datasetId && one.offset === offset && one.sampleCount === sampleCount && one.certificates)
    .map(({ certificates }) => {
      const [at] = certifiedAccuracy(unpackCertificates(certificates!), [epsilon], 'LINF');
      return judging === 'STORED' ? at!.stored : at!.float;
    });
  return verified.sort((a, b) => b.value! - a.value!)[0] ?? null;
}
