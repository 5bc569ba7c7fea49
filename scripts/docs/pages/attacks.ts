/** Every attack, from the registry. @module */
import { readFile } from 'node:fs/promises';
import { attacks, type AttackDefinition } from '../../../src/compute/index.js';
import { code, type GeneratedPage, parameterTable, prose, reference, table } from '../page.js';

/** What the folders of families are called in the field. A new folder has its own name until it gets a line here. */
const FAMILIES: Readonly<Record<string, string>> = {
  'one-step': 'One-step attacks',
  gradient: 'Iterative gradient attacks',
  transfer: 'Transfer attacks',
  'minimum-norm': 'Minimum-norm attacks',
  score: 'Score-based attacks',
  decision: 'Decision-based attacks',
  semantic: 'Semantic attacks',
  universal: 'Universal perturbations and patches',
  surrogate: 'Surrogate models',
  composite: 'Ensembles of attacks, and gradient approximation',
  baselines: 'Noise baselines',
};

const NORMS: Readonly<Record<string, string>> = { LINF: 'L∞', L2: 'L2', L1: 'L1', L0: 'L0' };

export const attackPage: GeneratedPage = {
  file: 'reference/attacks.md',
  source: 'src/compute/attacks',
  async render() {
    const families = await byFamily();
    return [
      '# Attacks',
      `There are ${attacks.length} attacks. Each is a member of [\`AttackInput\`](api/inputs.md#attackinput): \`{ fgsm: { epsilon: "8/255" } }\`. ` +
        '`Query.attackKinds` returns the same as data. Defaults are those of the paper. ε is a fraction of the pixel range. ' +
        'Measured success rates and speeds: [attacks, measured](../attacks.md). What attacks have in common: [about attacks](../about-attacks.md).',
      table(
        ['family', 'members of `AttackInput`'],
        [...families].map(([title, members]) => [title, members.map(({ name }) => `[\`${name}\`](#${name.toLowerCase()})`).join(', ')]),
      ),
      ...[...families].flatMap(([title, members]) => [`## ${title}`, ...members.map(entry)]),
    ].join('\n\n');
  },
};

function entry(attack: AttackDefinition): string {
  const { name, kind, title, description, access, norms, targeted } = attack;
  return [
    `### ${name}`,
    `**${prose(title)}** (${code(kind)}). ${prose(description)}`,
    [
      `- Access: ${code(access)}. Norm: ${norms.map((norm) => NORMS[norm] ?? norm).join(', ')}. Targeted: ${targeted ? 'yes, or on request' : 'no'}.`,
      `- Reference: ${reference(attack.reference)}.`,
    ].join('\n'),
    parameterTable(attack.parameters),
  ].join('\n\n');
}

/** The family of an attack is the folder that the registry imports it from. */
async function byFamily(): Promise<Map<string, AttackDefinition[]>> {
  const source = await readFile('src/compute/attacks/registry.ts', 'utf8');
  const folders = new Map<string, string>();
  for (const [, file, folder] of source.matchAll(/from '\.\/(([^/']+)\/[^']+)'/g)) {
    const exported = (await import(/* @vite-ignore */ `../../../src/compute/attacks/${file}`)) as Readonly<
      Record<string, Partial<AttackDefinition>>
    >;
    // Those that are made from a list of others are functions, of the attack's name.
    for (const [name, value] of Object.entries(exported)) folders.set(value.kind ? value.name! : name, folder!);
  }
  const families = new Map(Object.values(FAMILIES).map((title) => [title, [] as AttackDefinition[]]));
  for (const attack of attacks) {
    const folder = folders.get(attack.name);
    if (!folder) throw new Error(`src/compute/attacks/registry.ts imports no ${attack.name}.`);
    const title = FAMILIES[folder] ?? folder;
    families.set(title, [...(families.get(title) ?? []), attack]);
  }
  return new Map([...families].filter(([, members]) => members.length > 0));
}
