/** How one network ends. */
import type { ModelAccess } from '../../src/compute/models/types.js';
import { type Differences, differencesOf, tooFar } from './compare.js';
import type { Network, NotExported } from './networks.js';
import type { ExportersServer, Refusal } from './server.js';

/** From the best to the worst. NOT_EXPORTED is not for the server to mend. */
export const VERDICTS = ['EQUAL', 'ACCEPTED_BLACK_BOX', 'REFUSED', 'WRONG', 'NOT_EXPORTED'] as const;

export interface Verdict {
  readonly name: string;
  readonly exporter: string;
  readonly verdict: (typeof VERDICTS)[number];
  /** Of the refusal with gradients, or what is wrong. */
  readonly code?: string;
  readonly message?: string;
  readonly differences?: Differences;
  /** Share of images that have the same class after FGSM here and in the framework. */
  readonly fgsmAgreement?: number;
  readonly seconds: number;
}

/** Refusals that blame the server, or nobody. */
const FAULTS = ['IMPORT_DIFFERS', 'INTERNAL', 'TIMEOUT', 'VALIDATION_TIMEOUT', 'VALIDATION_CRASHED'];

const LEAST_AGREEMENT = 0.95;

export const notExported = ({ name, exporter, failed }: NotExported): Verdict => ({
  name,
  exporter,
  verdict: 'NOT_EXPORTED',
  message: failed,
  seconds: 0,
});

/** Submits with gradients; where that is refused, as a black box. */
export async function verdictOf(server: ExportersServer, network: Network): Promise<Verdict> {
  const { name, exporter } = network;
  const start = performance.now();
  const end = (rest: Omit<Verdict, 'name' | 'exporter' | 'seconds'>): Verdict => {
    return { name, exporter, ...rest, seconds: (performance.now() - start) / 1000 };
  };
  const wrong = (error: unknown, rest: Partial<Verdict> = {}) => end({ ...rest, verdict: 'WRONG', message: `${error as string}` });
  try {
    const answer = await server.submit(network, 'GRADIENT');
    if ('code' in answer) return end(await asBlackBox(server, network, answer));
    const differences = await differencesOf(network, 'GRADIENT');
    const far = tooFar(network, differences);
    if (far) return wrong(`Accepted, and ${far}.`, { differences });
    // What transfers from the float network to its quantised form is no fixed share.
    const isComparable = differences.isAttackedAlike && network.precision !== 'QUANTISED';
    const fgsmAgreement = isComparable ? await agreement(server, network, answer.modelId) : undefined;
    if (fgsmAgreement !== undefined && fgsmAgreement < LEAST_AGREEMENT) {
      return wrong(`Accepted, and after FGSM only ${fgsmAgreement} of the images have the framework's class.`, {
        differences,
        fgsmAgreement,
      });
    }
    return end({ verdict: 'EQUAL', differences, fgsmAgreement });
  } catch (error) {
    return wrong(error);
  }
}

async function asBlackBox(
  server: ExportersServer,
  network: Network,
  refusal: Refusal,
): Promise<Omit<Verdict, 'name' | 'exporter' | 'seconds'>> {
  if (FAULTS.includes(refusal.code)) return { verdict: 'WRONG', ...refusal };
  const accesses: readonly ModelAccess[] = ['SCORE', 'DECISION'];
  for (const access of accesses) {
    const answer = await server.submit(network, access);
    if ('code' in answer) {
      if (FAULTS.includes(answer.code)) return { verdict: 'WRONG', ...answer };
      continue;
    }
    const differences = await differencesOf(network, access);
    const far = access === 'SCORE' ? tooFar(network, differences) : undefined;
    return far
      ? { verdict: 'WRONG', message: `As a black box, ${far}.`, differences }
      : { verdict: 'ACCEPTED_BLACK_BOX', ...refusal, differences };
  }
  return { verdict: 'REFUSED', ...refusal };
}

async function agreement(server: ExportersServer, network: Network, modelId: string): Promise<number | undefined> {
  const { fgsm } = network;
  const found = fgsm && (await server.fgsm(network, modelId));
  if (!found) return undefined;
  const decided = found.filter((_, i) => fgsm[i] !== -1).length;
  return decided > 0 ? found.filter((label, i) => label === fgsm[i]).length / decided : undefined;
}
