/** Recipes of studies and their scales, from the registries. @module */
import { recipes } from '../../../src/studies/recipes/registry.js';
import { scales } from '../../../src/studies/scales/registry.js';
import { type GeneratedPage, prose, table } from '../page.js';

export const studyPage: GeneratedPage = {
  file: 'reference/studies.md',
  source: 'src/studies',
  render() {
    return [
      '# Recipes and scales of studies',
      '`Query.studyRecipes` returns the same as data. How to run one: [reproduce the paper](../guide/reproduce.md).',
      '## Recipes',
      table(
        ['name', 'title', 'finding'],
        recipes.map(({ name, title, claim }) => [`<a id="${name.toLowerCase()}"></a>\`${name}\``, prose(title), prose(claim)]),
      ),
      '## Scales',
      table(
        ['name', 'title', 'needs'],
        scales.map(({ name, title, needs }) => [`<a id="${name}"></a>\`${name}\``, prose(title), prose(needs)]),
      ),
    ].join('\n\n');
  },
};
