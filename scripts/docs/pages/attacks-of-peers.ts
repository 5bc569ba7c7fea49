/** The catalogues of other libraries against the attacks here. @module */
import { findAttack } from '../../../src/compute/index.js';
import { code, type GeneratedPage, table } from '../page.js';
import { isCovered, type Peer, peers } from '../peers.js';

export const peersPage: GeneratedPage = {
  file: 'attacks-of-peers.md',
  source: 'scripts/docs/peers.ts',
  render() {
    const total = peers.map(countsOf).reduce((sum, { covered, all }) => ({ covered: sum.covered + covered, all: sum.all + all }));
    return [
      '# Attacks of other libraries',
      'Which attacks on image classifiers other libraries have, by their names there, and which of ours do the same. An attack counts as covered where ours has the same ' +
        'paper and the same norm. What is measured beside their code is in [attacks, measured](attacks.md).',
      table(
        ['library', 'version', 'attacks', 'covered', 'share'],
        [
          ...peers.map((peer) => {
            const { covered, all } = countsOf(peer);
            return [`[${peer.library}](${peer.link})`, peer.version, String(all), String(covered), percent(covered, all)];
          }),
          ['all', '', String(total.all), String(total.covered), percent(total.covered, total.all)],
        ],
      ),
      ...peers.flatMap(sectionOf),
    ].join('\n\n');
  },
};

function countsOf({ attacks }: Peer): { covered: number; all: number } {
  const counterparts = Object.values(attacks);
  return { covered: counterparts.filter(isCovered).length, all: counterparts.length };
}

const percent = (covered: number, all: number): string => `${((100 * covered) / all).toFixed(0)} %`;

function sectionOf({ library, beside, attacks }: Peer): string[] {
  return [
    `## ${library}`,
    `Not counted: ${beside}.`,
    table(
      ['there', 'here'],
      Object.entries(attacks).map(([name, counterpart]) => [
        code(name),
        isCovered(counterpart) ? counterpart.map(linkOf).join(', ') : `none: ${counterpart}`,
      ]),
    ),
  ];
}

function linkOf(kind: string): string {
  const { name } = findAttack(kind);
  return `[${code(kind)}](reference/attacks.md#${name.toLowerCase()})`;
}
