import type { FindingCheck } from './types.js';

/** Rounding has a slope of zero, or none: what gradient attacks climb is the network without it (as BPDA does, Athalye et al. 2018, section 4.1). */
export const quantizedNetwork: FindingCheck = {
  code: 'QUANTIZED_NETWORK',
  description: 'The network rounds what flows through it to whole numbers, and its gradient passes straight through the rounding.',
  check({ isQuantized, attack }) {
    if (!isQuantized || attack.access !== 'GRADIENT') return undefined;
    return {
      severity: 'INFO',
      message:
        'The network is quantised. The gradient of this attack passes straight through the rounding, so it is that of the network without it; outcomes are those of the quantised network. Compare it with an attack that asks for scores alone, and with images that are made on the network before quantisation.',
      evidence: { quantized: true },
    };
  },
};
