/** `gauntlet cancel`, `delete` and `token`. @module */
import type { Command } from 'commander';
import { accepted } from '../gauntlet.js';
import {
  CancelJobDocument,
  CreateTokenDocument,
  DeleteModelDocument,
  RevokeTokenDocument,
  type Role,
  TokensDocument,
} from '../generated.js';
import { withServer } from './connection.js';
import { printJson, printTable } from './output.js';
import { modelIds } from './request.js';

export function addManagement(program: Command): void {
  program
    .command('cancel')
    .description('cancel jobs')
    .argument('<jobs...>', 'ids')
    .action(async (jobs: string[], _: unknown, command: Command) => {
      await withServer(command, async ({ gauntlet }) => {
        for (const jobId of jobs) {
          const { job } = accepted((await gauntlet.request(CancelJobDocument, { input: { jobId } })).cancelJob, 'CancelJobSuccess');
          console.log(`${job.id} ${job.state}${job.state === 'CANCELLED' ? '' : ', and goes on: others asked for the same'}`);
        }
      });
    });
  program
    .command('delete')
    .description('delete models with their results')
    .argument('<models...>', 'names or ids')
    .action(async (models: string[], _: unknown, command: Command) => {
      await withServer(command, async ({ gauntlet }) => {
        for (const modelId of await modelIds(gauntlet, models))
          accepted((await gauntlet.request(DeleteModelDocument, { input: { modelId } })).deleteModel, 'DeleteModelSuccess');
      });
    });
  const token = program.command('token').description('create, list and revoke access tokens');
  token
    .command('create')
    .description('create a token and print its secret, which is shown this once')
    .argument('<name>', 'whose it is')
    .option('--role <role>', 'VIEWER, SUBMITTER or ADMIN', 'SUBMITTER')
    .option('--expires <time>', 'until when it counts, such as 2027-01-31T00:00:00Z')
    .action(async (name: string, { role, expires }: { role: string; expires?: string }, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const input = { name, role: role as Role, expiresAt: expires };
        const created = accepted((await gauntlet.request(CreateTokenDocument, { input })).createToken, 'CreateTokenSuccess');
        if (json) printJson(created);
        else console.log(created.secret);
      });
    });
  token
    .command('list')
    .description('list tokens, without their secrets')
    .action(async (_: unknown, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const { nodes } = (await gauntlet.request(TokensDocument, { first: 100 })).tokens;
        if (json) return printJson(nodes);
        printTable(
          ['token', 'id', 'role', 'created', 'last used', 'expires', 'revoked'],
          nodes.map(({ name, id, role, createdAt, lastUsedAt, expiresAt, revokedAt }) => [
            name,
            id,
            role,
            ...[createdAt, lastUsedAt, expiresAt, revokedAt].map((time) => time?.slice(0, 16) ?? ''),
          ]),
        );
      });
    });
  token
    .command('revoke')
    .description('revoke a token')
    .argument('<id>', 'its id, as `gauntlet token list` shows it')
    .action(async (tokenId: string, _: unknown, command: Command) => {
      await withServer(command, async ({ gauntlet }) => {
        accepted((await gauntlet.request(RevokeTokenDocument, { input: { tokenId } })).revokeToken, 'RevokeTokenSuccess');
      });
    });
}
