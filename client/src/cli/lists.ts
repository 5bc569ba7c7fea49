/** `gauntlet models`, `datasets`, `attacks`, `results`: what a server has. @module */
import type { Command } from 'commander';
import { withServer, type Connection } from './connection.js';
import { printEvaluations } from './evaluate.js';
import { imageSize, orDash, printJson, printTable } from './output.js';
import { wholeNumber } from './values.js';

export function addLists(program: Command): void {
  addList(program, 'models', 'models, the newest first', async ({ gauntlet, json }, first) => {
    const models = await gauntlet.models(first);
    if (json) return printJson(models);
    const rows = models.map(({ name, id, status, access, format, spec, parameterCount }) => [
      name,
      id,
      status,
      access,
      format ?? '',
      imageSize(spec),
      orDash(parameterCount),
    ]);
    printTable(['model', 'id', 'status', 'access', 'format', 'input', 'parameters'], rows);
  });
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
