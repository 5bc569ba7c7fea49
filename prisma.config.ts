import { existsSync } from 'node:fs';
import { defineConfig } from 'prisma/config';

// Prisma's command line downloads a schema engine that neither `generate` nor `validate` runs. Any existing file in its place keeps them off
// the network; where the real engine is wanted (`prisma migrate deploy`), set the variable to it.
const engine = process.env.PRISMA_SCHEMA_ENGINE_BINARY;
if (!engine || !existsSync(engine)) process.env.PRISMA_SCHEMA_ENGINE_BINARY = process.execPath;

// Its command line asks its makers for newer versions, and tells them which command ran.
process.env.CHECKPOINT_DISABLE = '1';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost/unused' },
});
