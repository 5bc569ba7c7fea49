import { describe, expect, it } from 'vitest';
import { type AttackRun, chooseProtocol } from '../../../src/results/protocol.js';

/** An attack with the parameter `steps`, and the networks, a letter each, that were attacked by it. */
const run = (attackKind: string, networks: string, steps = 1, on: Partial<AttackRun> = {}): AttackRun => ({
  offset: 0,
  sampleCount: 100,
  attackKind,
  parameters: { steps },
  parametersHash: String(steps),
  accuracy: 0.5,
  networks: new Set(networks),
  ...on,
});

/** Attacks, networks that are ranked, and the others with what they lack. */
function chosen(runs: readonly AttackRun[], kinds?: readonly string[], wanted = {}) {
  const protocol = chooseProtocol(runs, kinds, wanted);
  if (!protocol) return undefined;
  const name = ({ attackKind, parameters }: Pick<AttackRun, 'attackKind'> & { parameters: { steps?: unknown } | null }) =>
    `${attackKind} ${String(parameters?.steps ?? '?')}`;
  return {
    sampleCount: protocol.examples.sampleCount,
    attacks: protocol.attacks.map(name),
    ranked: [...protocol.networks].sort().join(''),
    excluded: Object.fromEntries(protocol.excluded.map(({ network, reason, missing }) => [network, [reason, ...missing.map(name)]])),
  };
}

describe('the protocol of a ranking', () => {
  it('has all attacks that half of the networks share, and leaves out who was attacked by less', () => {
    expect(chosen([run('FGSM', 'abcd'), run('PGD', 'abc')])).toEqual({
      sampleCount: 100,
      attacks: ['FGSM 1', 'PGD 1'],
      ranked: 'abc',
      excluded: { d: ['ATTACKS_MISSING', 'PGD 1'] },
    });
    expect(chosen([run('FGSM', 'ab'), run('PGD', 'a')])).toMatchObject({ attacks: ['FGSM 1', 'PGD 1'], ranked: 'a' });
  });

  it('has no attack that one network of many was attacked by besides', () => {
    const besides = ['a', 'b', 'c'].map((network) => run(`ONLY_${network}`, network));
    expect(chosen([run('PGD', 'abc'), ...besides])).toMatchObject({ attacks: ['PGD 1'], ranked: 'abc', excluded: {} });
  });

  it('ranks somebody where no two networks share all attacks', () => {
    expect(chosen([run('A', 'ab'), run('B', 'bc'), run('C', 'ca')])).toMatchObject({ attacks: ['A 1'], ranked: 'ab' });
    expect(chosen([run('WEAK', 'a', 1, { accuracy: 0.9 }), run('STRONG', 'b', 1, { accuracy: 0.1 })])).toMatchObject({ ranked: 'b' });
  });

  it('takes equal attacks with other parameters for others', () => {
    expect(chosen([run('PGD', 'abc', 40), run('PGD', 'd', 10)])).toMatchObject({
      attacks: ['PGD 40'],
      excluded: { d: ['ATTACKS_MISSING', 'PGD 40'] },
    });
  });

  it('has, where attacks are named, one of each, and says which nobody has run', () => {
    const runs = [run('FGSM', 'abcd'), run('PGD', 'ab', 40), run('PGD', 'c', 10)];
    expect(chosen(runs, ['PGD'])).toMatchObject({
      attacks: ['PGD 40'],
      ranked: 'ab',
      excluded: { c: ['ATTACKS_MISSING', 'PGD 40'], d: {} },
    });
    expect(chosen(runs, ['PGD', 'SQUARE_LINF'])).toMatchObject({
      attacks: ['PGD 40'],
      ranked: '',
      excluded: { a: ['ATTACKS_MISSING', 'SQUARE_LINF ?'], d: ['ATTACKS_MISSING', 'PGD 40', 'SQUARE_LINF ?'] },
    });
  });

  it('is on the range of most networks, then the largest, or on that which was wished for', () => {
    const runs = [run('FGSM', 'ab'), run('FGSM', 'ac', 1, { sampleCount: 1000 }), run('PGD', 'd', 1, { sampleCount: 20 })];
    expect(chosen(runs)).toMatchObject({ sampleCount: 1000, ranked: 'ac', excluded: { b: ['OTHER_EXAMPLES', 'FGSM 1'], d: {} } });
    expect(chosen(runs, undefined, { sampleCount: 100 })).toMatchObject({ ranked: 'ab', excluded: { c: {}, d: {} } });
    expect(chosen(runs, undefined, { offset: 5 })).toBeUndefined();
  });
});
