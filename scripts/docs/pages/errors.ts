/** Error codes, their HTTP status and GraphQL type. @module */
import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { buildSchema, isUnionType } from 'graphql';
import { DomainError, type ErrorCode, STATUS } from '../../../src/errors.js';
import { toUserError } from '../../../src/schema/errors/table.js';
import { code, type GeneratedPage, prose, table } from '../page.js';

/** What no type of the schema describes. */
const OTHERS: Readonly<Partial<Record<ErrorCode, string>>> = {
  UNAUTHENTICATED: 'The request has no token, or one that is unknown, expired or revoked.',
  TOO_MANY_REQUESTS: 'More requests than `GAUNTLET_REQUESTS_PER_MINUTE`. `Retry-After` says when to try again.',
  CONFLICT: 'A part of an upload that does not follow on what the server has.',
  TOO_LARGE: 'An upload of more bytes than are allowed.',
  UNSUPPORTED_MODEL:
    'A model with layers that have no implementation here. No mutation answers with it: the job of the model fails with `UNSUPPORTED_OPERATION`.',
  ARTIFACT_LOST:
    'The bytes of a model, of images or of a checkpoint are no longer in the artifact store. A job that needs them fails with the same code.',
  STORE_UNAVAILABLE: 'The artifact store does not answer. `Retry-After` says when to try again. Jobs wait, and go on when it answers.',
  UNAVAILABLE:
    'The database does not answer, or the server is short of open files, memory or connections. `Retry-After` says when to try again. Jobs wait, and go on when that is over.',
  INSUFFICIENT_STORAGE:
    "The disk of the server, of its database or of its artifact store is full. What was written of an upload's part is gone; send it again.",
  REQUEST_TIMEOUT:
    'A request or an upload whose bytes came too slowly: see `GAUNTLET_BODY_SECONDS` and `GAUNTLET_STALL_SECONDS`. An upload continues where it stopped.',
  INVALID: 'An upload that is not what it was declared to be.',
};

/** Of jobs alone, which code sets in many places. */
const OF_JOBS: Readonly<Record<string, string>> = {
  INVALID_ARCHIVE:
    'An upload that is no archive of the files of a model, is damaged, or has what archives may not: links, paths that lead out, a name twice.',
  VALIDATION_TIMEOUT:
    'Opening and running a file took longer than `GAUNTLET_VALIDATION_SECONDS` (models) or `GAUNTLET_DATASET_SECONDS` (data sets).',
  VALIDATION_OUT_OF_MEMORY: 'The same, of `GAUNTLET_VALIDATION_MEMORY` and `GAUNTLET_DATASET_MEMORY`.',
  VALIDATION_CRASHED:
    'The process that opened a file ended: what the file makes a library do is no safe thing to run. Export it again, or in another format.',
  SECRET_LOST: "The authorization of an endpoint was sealed by another key than the server's. Submit the model again.",
  RETRIES_EXHAUSTED: 'The worker was gone several times before the end of one part.',
  INCOMPLETE: 'Some of what a transfer asked for has no result; what there is stays.',
  MODEL_DELETED: 'A model that the job needs was deleted.',
  SOURCE_MODEL_DELETED: 'A model whose gradients the attack uses was deleted.',
  EVALUATION_FAILED: 'An evaluation that the job rests on failed or was cancelled.',
  RECIPE_CHANGED: 'The recipe of a study is another in this version. Start it again.',
  TASK_FAILED: 'A task of a study failed; the message says which, and why.',
  TASK_REFUSED: 'A task of a study was refused; the message says which, and why.',
};

export const errorPage: GeneratedPage = {
  file: 'reference/errors.md',
  source: 'src/errors.ts, src/schema/errors/table.ts and src/compute/errors.ts',
  async render() {
    const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
    const unions = Object.values(schema.getTypeMap()).filter(isUnionType);
    const domain = (Object.keys(STATUS) as ErrorCode[]).map((name) => {
      const member = toUserError(new DomainError(name, ''))?.constructor.name;
      const type = member && schema.getType(member)?.name;
      const meaning = type ? schema.getType(type)?.description : OTHERS[name];
      if (!meaning) throw new Error(`Nothing describes the error ${name}: add it to scripts/docs/pages/errors.ts.`);
      const mutations = unions
        .filter((union) => union.getTypes().some((member) => member.name === type))
        .map((union) => mutationOf(union.name));
      return { name, type, meaning, mutations };
    });
    return [
      '# Errors',
      'A mutation answers with a union: its success type, or a type that implements `UserError { message path }`. The message says what is wrong and what would be right; `path` says where in the input.',
      'Over HTTP, and as top-level errors of GraphQL in `extensions.code`, the same errors have a code and a status. Errors of GraphQL itself, such as a misspelt field, have the code `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED` or `BAD_USER_INPUT`; they, and `LIMIT_EXCEEDED` of a query that is too deep or too costly, have status 400. `INTERNAL_SERVER_ERROR` (500) is a bug of the server; its log has the reason.',
      '## Codes, types and status',
      table(
        ['code', 'HTTP status', 'GraphQL type', 'meaning'],
        domain.map(({ name, type, meaning }) => [
          `<a id="${name.toLowerCase()}"></a>${code(name)}`,
          String(STATUS[name]),
          type ? `[\`${type}\`](api/types.md#${type.toLowerCase()})` : 'none',
          prose(meaning),
        ]),
      ),
      '## Which mutation answers with what',
      table(
        ['error', 'mutations'],
        domain
          .filter(({ mutations }) => mutations.length > 0)
          .map(({ type, mutations }) => [
            code(type!),
            mutations.length === unions.length
              ? 'all'
              : mutations.map((name) => `[\`${name}\`](api/mutations.md#${name.toLowerCase()})`).join(', '),
          ]),
      ),
      '## Codes of failed jobs',
      'A job that fails has `errorCode` and `error`. The codes:',
      table(
        ['code', 'meaning'],
        (await computeErrors()).map(([name, meaning]) => [`<a id="job-${name.toLowerCase()}"></a>${code(name)}`, prose(meaning)]),
      ),
    ].join('\n\n');
  },
};

const mutationOf = (payload: string) => payload.replace(/Payload$/, '').replace(/^./, (letter) => letter.toLowerCase());

/** The codes of `ComputeError` with their comments; INTERNAL and CANCELLED have none there. */
async function computeErrors(): Promise<[string, string][]> {
  const source = await readFile('src/compute/errors.ts', 'utf8');
  const codes = [...source.matchAll(/\/\*\* ([^\n]+?) \*\/\n {2}\| '([A-Z_]+)'/g)].map(([, meaning, name]): [string, string] => [
    name!,
    meaning!,
  ]);
  if (codes.length === 0) throw new Error('src/compute/errors.ts has no codes with comments.');
  return [
    ...codes,
    ...Object.entries(OF_JOBS),
    ['INTERNAL', "The job failed repeatedly for a reason that is a bug, or of the machine. The server's log has it under the job's id."],
  ];
}
