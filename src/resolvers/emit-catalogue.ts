/** Writes attacks and training schemes, with ranges and sources, as JSON for generators of clients: `node dist/src/resolvers/emit-catalogue.js file`. @module */
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { attacks } from '../compute/attacks/index.js';
import { optimizers, schedules, schemes } from '../compute/training/index.js';
import { Parameter } from '../schema/attack/parameter.js';

type Described = Pick<(typeof schemes)[number], 'name' | 'title' | 'description' | 'parameters'>;

const described = ({ name, title, description, parameters, ...rest }: Described) => ({
  name,
  title,
  description,
  reference: 'reference' in rest ? rest.reference : undefined,
  parameters: Parameter.all(parameters).map(({ name, minimum, maximum }) => ({ name, minimum, maximum })),
});

const catalogue = {
  attacks: attacks.map((attack) => ({ ...described(attack), access: attack.access, norms: attack.norms, kind: attack.kind })),
  schemes: schemes.map(described),
  optimizers: optimizers.map(described),
  schedules: schedules.map(described),
};
await writeFile(process.argv[2]!, JSON.stringify(catalogue, undefined, 1));
