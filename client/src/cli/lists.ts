/** `gauntlet models`, `datasets`, `attacks`, `results`: what a server has. @module */
import type { Command } from 'commander';
import { withServer, type Connection } from './connection.js';
import { printEvaluations } from './evaluate.js';
import { imageSize, orDash, printJson, printTable } from './output.js';
import { ModelVersionsDocument } from '../generated.js';
import { GauntletError } from '../errors.js';
import { versioned } from './request.js';
import { wholeNumber } from './values.js';

export function addLists(program: Command): void {
  addList(program, 'models', 'models, the newest first', async ({ gauntlet, json }, first) => {
    const models = await gauntlet.models(first);
    if (json) return printJson(models);
    const rows = models.map(({ name, version, id, status, access, format, spec, parameterCount }) => [
      versioned(name, version),
      id,
      status,
      access,
      format ?? '',
      imageSize(spec),
      orDash(parameterCount),
    ]);
    printTable(['model', 'id', 'status', 'access', 'format', 'input', 'parameters'], rows);
  });
  program
    .command('versions')
    .description('list the versions of a model, the newest first; `gauntlet compare name@1 name@2` compares two of them')
    .argument('<model>', 'its name')
    .action((name: string, _: unknown, command: Command) =>
      withServer(command, async ({ gauntlet, json }) => {
        const { model } = await gauntlet.request(ModelVersionsDocument, { name });
        if (!model) throw new GauntletError('NOT_FOUND', `There is no model "${name}".`);
        if (json) return printJson(model.versions);
        const rows = model.versions.map((one) => [
          `${one.name}@${one.version}`,
          one.id,
          one.status,
          one.visibility,
          one.createdAt.slice(0, 10),
        ]);
        printTable(['version', 'id', 'status', 'visibility', 'submitted'], rows);
      }),
    );
  addList(program, 'datasets', 'data sets', async ({ gauntlet, json }, first) => {
    const datasets = await gauntlet.datasets(first);
    if (json) return printJson(datasets);
    const rows = datasets.map(({ name, id, imageShape, exampleCount, split }) => [
      name,
      id,
      imageShape.join('×'),
      String(exampleCount),
      split,
    ]);
    printTable(['data set', 'id', 'images', 'examples', 'split'], rows);
  });
  addList(program, 'attacks', 'attacks that the server can run', async ({ gauntlet, json }) => {
    const kinds = await gauntlet.attackKinds();
    if (json) return printJson(kinds);
    const rows = kinds.map(({ name, title, access, norms, parameters }) => [
      name,
      title,
      access,
      norms.join(' '),
      parameters.map((one) => one.name).join(' '),
    ]);
    printTable(['name', 'title', 'needs', 'norms', 'parameters'], rows);
  });
  addList(program, 'results', 'evaluations, the newest first', async ({ gauntlet, json }, first) => {
    const evaluations = await gauntlet.evaluations(first);
    if (json) printJson(evaluations);
    else printEvaluations(evaluations);
  });
}

function addList(
  program: Command,
  name: string,
  description: string,
  show: (connection: Connection, first: number) => Promise<void>,
): void {
  program
    .command(name)
    .description(`list ${description}`)
    .option('--first <n>', 'at most so many', wholeNumber, 20)
    .action(({ first }: { first: number }, command: Command) => withServer(command, (connection) => show(connection, first)));
}
