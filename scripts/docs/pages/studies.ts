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
        ['name', 'title', 'finding of the paper', 'what the verdicts decide'],
        recipes.map(({ name, title, claim, criteria }) => [
          `<a id="${name.toLowerCase()}"></a>\`${name}\``,
          ...[title, claim, criteria].map(prose),
        ]),
      ),
      '## Scales',
      table(
        ['name', 'title', 'needs', 'compared with the paper'],
        scales.map(({ name, title, needs, comparedWithPaper }) => [
          `<a id="${name}"></a>\`${name}\``,
          ...[title, needs, comparedWithPaper].map(prose),
        ]),
      ),
    ].join('\n\n');
  },
};
