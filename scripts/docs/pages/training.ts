/** Schemes, optimizers, schedules and architectures, from their registries. @module */
import { architectures, optimizers, schedules, schemes } from '../../../src/compute/index.js';
import { code, type GeneratedPage, parameterTable, prose, reference, table } from '../page.js';

interface Named {
  readonly name: string;
  readonly title: string;
}

const contents = (items: readonly Named[]) =>
  items.map(({ name, title }) => `- [\`${name}\`](#${name.toLowerCase()}): ${prose(title)}`).join('\n');

export const trainingPage: GeneratedPage = {
  file: 'reference/training.md',
  source: 'src/compute/training and src/compute/models/architectures',
  render() {
    return [
      '# Training: schemes, optimizers, schedules, architectures',
      '`Query.trainingSchemes`, `optimizers`, `schedules` and `architectures` return the same as data. How training works: [training](../training.md). A request: [train a robust model](../guide/train.md).',
      '## Schemes',
      contents(schemes),
      ...schemes.flatMap(({ name, title, description, reference: paper, parameters, uses }) => [
        `### ${name}`,
        `**${prose(title)}.** ${prose(description)}`,
        `- Reference: ${reference(paper)}.`,
        parameterTable(parameters),
        ...(uses
          ? [
              `Beside these: ${Object.entries(uses)
                .map(([use, meaning]) => `${code(MEMBERS[use] ?? use)}: ${prose(meaning ?? '')}`)
                .join(' ')}`,
            ]
          : []),
      ]),
      '## Optimizers',
      ...optimizers.flatMap(kind),
      '## Schedules',
      ...schedules.flatMap(kind),
      '## Architectures',
      'The image size and the number of classes are by default those of the data set. Any `wrn-d-k` with d = 6 n + 4 is a wide residual network of depth d and widening factor k.',
      table(
        ['name', 'title', 'image', 'classes', 'about'],
        architectures.map(({ name, title, description, inputShape, classCount }) => [
          `<a id="${name}"></a>${code(name)}`,
          prose(title),
          inputShape.join('×'),
          String(classCount),
          prose(description),
        ]),
      ),
    ].join('\n\n');
  },
};

/** Members of the GraphQL input beside the parameters. */
const MEMBERS: Readonly<Record<string, string>> = { attacks: 'attacks', models: 'modelIds', unlabelled: 'unlabelledDatasetId' };

function kind({ name, title, description, parameters }: (typeof optimizers)[number] | (typeof schedules)[number]): string[] {
  return [`### ${name}`, `**${prose(title)}.** ${prose(description)}`, parameterTable(parameters)];
}
