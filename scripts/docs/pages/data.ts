/** Formats of data sets and models, and transformations of images. @module */
import { readFile } from 'node:fs/promises';
import { buildSchema, isEnumType } from 'graphql';
import { datasetFormats, resizings, transformations, uploadFormats } from '../../../src/compute/index.js';
import { code, type GeneratedPage, prose, table } from '../page.js';

export const dataPage: GeneratedPage = {
  file: 'reference/data.md',
  source: 'src/compute/data and schema.graphql',
  async render() {
    const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
    const modelFormats = schema.getType('ModelFormat');
    if (!isEnumType(modelFormats)) throw new Error('schema.graphql has no enum ModelFormat.');
    return [
      '# Data sets, model files, transformations',
      '## Formats of data sets',
      'Of files that lie on the server, `registerDataset` takes one of these formats and a split, from an admin. Built-in data sets are registered at the first start. A format that needs a folder is available where its variable names one: [configuration](configuration.md#data-sets).',
      ...datasetFormats.flatMap(({ name, title, description, needsDirectory, resizings: ways }) => [
        `### ${name}`,
        `**${prose(title)}.** ${prose(description)}`,
        `${needsDirectory ? 'Needs a folder.' : 'Needs no folder.'}${ways ? ` Takes \`resizing\`, by default \`${ways[0]!.name}\`.` : ''}`,
      ]),
      '## Formats of uploads',
      'What users upload as a data set: [data of your own](../guide/data-of-your-own.md).',
      table(
        ['format', 'name', 'files'],
        uploadFormats.map(({ name, title, description }) => [
          `<a id="${name.toLowerCase()}"></a>${code(name)}`,
          prose(title),
          prose(description),
        ]),
      ),
      '### Resizing',
      'Formats of pictures of any size take one of these as `resizing` of `registerDataset`, and `Dataset.resizing` names it. The fingerprint of a data set depends on it: results of different ways are not mixed.',
      table(
        ['resizing', 'what it does'],
        resizings.map(({ name, description }) => [`<a id="${name.toLowerCase()}"></a>${code(name)}`, prose(description)]),
      ),
      '## Formats of model files',
      table(
        ['format', 'files'],
        modelFormats
          .getValues()
          .map(({ name, description }) => [`<a id="${name.toLowerCase()}"></a>${code(name)}`, prose(description ?? '')]),
      ),
      'How to submit one: [submit a model](../guide/submit-a-model.md). What is read and what is not: [limits](../limits.md#model-files).',
      '## Transformations of images',
      '`startDestruction` applies one of these, or a sequence, to the kept adversarial images of an evaluation.',
      table(
        ['name', 'range', 'what it does'],
        transformations.map(({ name, description, minimum, maximum }) => [
          `<a id="${name}"></a>${code(name)}`,
          `${minimum} to ${maximum}`,
          prose(description),
        ]),
      ),
    ].join('\n\n');
  },
};
