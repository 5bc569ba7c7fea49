/** A database as a busy server has it after years, written by SQL alone: nothing is computed. @module */
import type { DatabaseClient } from '../src/storage/database.js';

export interface Amounts {
  readonly models: number;
  readonly evaluations: number;
}

export const ATTACK_KINDS = [
  'FGSM',
  'STEP_LL',
  'STEP_RND',
  'RAND_FGSM',
  'FAST_ENTROPY',
  'ITER_BASIC',
  'ITER_LL',
  'PGD',
  'MI_FGSM',
  'APGD_CE_LINF',
] as const;
/** Number of budgets: the n-th is 2 n / 255. */
const BUDGETS = 10;
export const epsilonOf = (budget: number) => (2 * budget) / 255;
const EXAMPLES = 1000;
/** Ranges of the data set. */
const RANGES = 10;
/** Every model is a target for the images of as many evaluations that follow it. */
export const TARGETS = 20;
/** Bit strings to draw from, of as many shares of ones as there are budgets. */
const POOL = 64;

const id = (table: string, position: number) => `0000000${table}-0000-7000-8000-${position.toString(16).padStart(12, '0')}`;
export const modelId = (position: number) => id('1', position);
export const evaluationId = (position: number) => id('3', position);
export const DATASET_ID = id('0', 0);

const idSql = (table: string, position: string) => `('0000000${table}-0000-7000-8000-' || lpad(to_hex(${position}), 12, '0'))::UUID`;

/** A number that is the same for the same position, and looks random. */
const hash = (position: string) => `(hashint8(${position}) & 2147483647)`;

/** Attacks, then budgets, then ranges: the rows of one model lie far apart, as they do when they come over years. */
export async function writeRows(prisma: DatabaseClient, { models, evaluations }: Amounts): Promise<void> {
  const one = (sql: string) => prisma.$executeRawUnsafe(sql);
  await one(`SELECT setseed(0.5)`);
  await one(`CREATE TABLE "pool" AS
    SELECT share, draw, string_agg(CASE WHEN random() < share / ${BUDGETS + 1}.0 + 0.08 THEN '1' ELSE '0' END, '')::VARBIT AS bits
    FROM generate_series(1, ${BUDGETS}) AS share, generate_series(0, ${POOL - 1}) AS draw, generate_series(1, ${EXAMPLES}) AS example
    GROUP BY share, draw`);
  await one(`INSERT INTO "Dataset" ("id", "name", "owner", "visibility", "state", "format", "split", "imageShape", "classNames", "exampleCount", "bitDepth", "fingerprint")
    VALUES ('${DATASET_ID}', 'examples', 'server', 'PUBLIC', 'READY', 'mnist', 'TEST', '{28,28,1}', '{0,1,2,3,4,5,6,7,8,9}', ${EXAMPLES * RANGES}, 8, 'examples')`);
  await one(`INSERT INTO "Artifact" ("id", "size", "mediaType", "imageShape") VALUES ('archive', 0, 'application/x-tar', '{}')`);
  await one(`INSERT INTO "Model" ("id", "name", "owner", "visibility", "status", "format", "spec", "output", "fingerprint", "parameterCount", "multiplyAdds", "gradientsHealthy", "operations", "warnings", "artifactId", "createdAt")
    SELECT ${idSql('1', 'm')}, 'model ' || m, 'owner ' || m % 20, 'PUBLIC', 'READY', 'ONNX', '{"inputShape": [28, 28, 1], "classCount": 10, "valueRange": [0, 1], "channelOrder": "RGB"}', 'LOGITS',
      md5(m::TEXT), 1000 * m, 1000000 * m::BIGINT, true, '{"Conv": 8, "Relu": 7, "Gemm": 2}', '{}', 'archive', now() - m * INTERVAL '1 hour'
    FROM generate_series(0, ${models - 1}) AS m`);
  // A permutation of the positions: 7919 is prime.
  const each = `FROM (SELECT i, (i * 7919::BIGINT) % ${evaluations} AS p FROM generate_series(0, ${evaluations - 1}) AS i) AS positions,
    LATERAL (SELECT p % ${models} AS m, p / ${models} AS c) AS combination,
    LATERAL (SELECT c % ${ATTACK_KINDS.length} AS attack, 1 + c / ${ATTACK_KINDS.length} % ${BUDGETS} AS budget, c / ${ATTACK_KINDS.length * BUDGETS} AS round) AS numbers`;
  const time = `now() - (${evaluations} - i) * INTERVAL '1 minute'`;
  await one(`INSERT INTO "Job" ("id", "owner", "kind", "state", "done", "total", "unit", "createdAt", "startedAt", "finishedAt")
    SELECT ${idSql('2', 'p')}, 'owner ' || m % 20, 'evaluation', 'SUCCEEDED', ${EXAMPLES}, ${EXAMPLES}, 'images', ${time}, ${time}, ${time} ${each}`);
  await one(`INSERT INTO "Evaluation" ("id", "modelId", "datasetId", "jobId", "attackKind", "parameters", "norm", "epsilon", "offset", "sampleCount", "seed", "keepImages", "requestHash", "createdAt", "finishedAt",
      "engine", "seconds", "cleanTop1", "cleanTop5", "adversarialTop1", "adversarialTop5", "successes", "meanLinf", "meanL2", "queries", "gradients", "budgetViolations", "diagnostics", "findings", "outcomes", "cleanRight", "adversarialRight")
    SELECT ${idSql('3', 'p')}, ${idSql('1', 'm')}, '${DATASET_ID}', ${idSql('2', 'p')}, ('{${ATTACK_KINDS.join(',')}}'::TEXT[])[attack + 1],
      jsonb_build_object('epsilon', budget * 2 / 255.0::FLOAT8, 'steps', 10, 'alpha', 0.1), 'LINF', budget * 2 / 255.0::FLOAT8, ${EXAMPLES} * (round % ${RANGES}), ${EXAMPLES}, round / ${RANGES}, false, md5(p::TEXT), ${time}, ${time},
      '{"name": "compiled:cpu", "label": "compiled:cpu: onnxruntime 1.30, 2 threads", "versions": {"onnxruntime-node": "1.30.0", "node": "20.20.0", "gauntlet": "0.1.0"}}', 1.5,
      bit_count(clean.bits), 990, bit_count(clean.bits & adversarial.bits), 900, bit_count(clean.bits & ~adversarial.bits), 0.03, 1.2, 10000, ${EXAMPLES} * (1 + 9 * (attack / 5)), 0,
      '{"examples": ${EXAMPLES}, "saturated": 3, "probabilities": 0, "sampled": 64, "changed": 0, "zeroGradients": 0, "vanishingGradients": 2, "nonFiniteGradients": 0}', '[]', '\\x00'::BYTEA,
      clean.bits, clean.bits & adversarial.bits
    ${each}, "pool" AS clean, "pool" AS adversarial
    WHERE clean.share = ${BUDGETS} AND clean.draw = m % ${POOL} AND adversarial.share = ${BUDGETS + 1} - budget AND adversarial.draw = ${hash('p')} % ${POOL}`);
  // The first evaluation of each model is under FGSM with the smallest budget.
  await one(`INSERT INTO "TransferResult" ("evaluationId", "targetModelId", "bothRight", "bothRightTop5", "fooledSource", "fooledSourceTop5", "transferred", "transferredTop5", "sameWrongClass", "targetErrors", "targetErrorsTop5",
      "cleanTargetErrors", "cleanTargetErrorsTop5", "cleanAgreements", "cleanKappa", "outcomes", "adversarialRight")
    SELECT ${idSql('3', 'm')}, ${idSql('1', `m / ${TARGETS} * ${TARGETS} + t`)}, 900, 990, 400, 20, ${hash('m * 31 + t')} % 400, 5, 50, 300, 10, 50, 2, 940, 0.9, '\\x00'::BYTEA, repeat('1', ${EXAMPLES})::VARBIT
    FROM generate_series(0, ${models - 1}) AS m, generate_series(0, ${TARGETS - 1}) AS t WHERE m / ${TARGETS} * ${TARGETS} + t < ${models}`);
  await one('DROP TABLE "pool"');
  await one('VACUUM ANALYZE');
}
