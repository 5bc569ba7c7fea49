/** Results that others published, read from files of RobustBench's `model_info`. They are claims: nothing of them was run here. @module */
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Benchmark, ClaimedEntry, Dataset } from '../../storage/generated/client.js';
import { toJson } from '../../storage/json.js';
import { robustBenchDataset, type RobustBenchInfo, robustBenchSchema } from '../../results/robustbench-info.js';
import { visibleClient } from '../access/visibility.js';
import { checkMayChange, type Principal } from '../token/principal.js';

export interface RequestedClaim {
  /** Name of the file, without `.json`. */
  readonly key: string;
  /** What it holds. */
  readonly info: unknown;
}

const MOST_CLAIMS = 1000;

/** RobustBench lists networks attacked with ε = 0.031 among those with 8/255. */
const TOLERANCE = 0.02;

/**
 * Replaces what was claimed for a benchmark before.
 * @returns them. @throws DomainError VALIDATION naming file and field, NOT_FOUND, or FORBIDDEN for anybody but the benchmark's owner and admins.
 */
export async function importClaims(
  prisma: DatabaseClient,
  principal: Principal,
  benchmarkId: string | undefined,
  requested: readonly RequestedClaim[],
): Promise<ClaimedEntry[]> {
  const found = benchmarkId && { where: { id: benchmarkId }, include: { dataset: true } };
  const benchmark = found && (await visibleClient(prisma, principal).benchmark.findUnique(found));
  if (!benchmark) throw new DomainError('NOT_FOUND', 'There is no benchmark with this id.', ['benchmarkId']);
  checkMayChange(principal, benchmark, 'benchmark', ['benchmarkId']);
  if (requested.length > MOST_CLAIMS) throw invalid(`Import ${MOST_CLAIMS} entries at most.`, 'entries');
  const claims = requested.map((one, i) => checked(one, benchmark, i));
  const data = claims.map(({ key, info }) => ({ benchmarkId: benchmark.id, key, info: toJson(info), owner: principal.name }));
  return prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`claims ${benchmark.id}`}, 0))`;
    await tx.claimedEntry.deleteMany({ where: { benchmarkId: benchmark.id } });
    return tx.claimedEntry.createManyAndReturn({ data });
  });

  function checked({ key, info }: RequestedClaim, { norm, epsilon, dataset }: Benchmark & { dataset: Dataset }, i: number) {
    const path = ['entries', String(i)];
    if (!/^[\w.+() -]{1,200}$/.test(key))
      throw invalid('key is the name of a file without `.json`: letters, digits and . _ - + ( ).', ...path, 'key');
    if (requested.findIndex((other) => other.key === key) !== i) throw invalid(`There are two entries "${key}".`, ...path, 'key');
    const { data: read, error } = robustBenchSchema.safeParse(info);
    const [issue] = error?.issues ?? [];
    if (issue) throw invalid(`${key}: ${issue.path.join('.')} ${issue.message}.`, ...path, 'info', ...issue.path.map(String));
    checkThreat(key, read!, { norm, epsilon, dataset }, [...path, 'info']);
    return { key, info: read! };
  }
}

/** @throws DomainError VALIDATION where it is of other data, or of another threat model. */
function checkThreat(
  key: string,
  info: RobustBenchInfo,
  { norm, epsilon, dataset }: Pick<Benchmark, 'norm' | 'epsilon'> & { readonly dataset: Dataset },
  path: readonly string[],
): void {
  const format = robustBenchDataset(dataset.format);
  if (info.dataset !== format) throw invalid(`${key} is of ${info.dataset}; the benchmark is on ${format}.`, ...path, 'dataset');
  const threat = norm === 'LINF' ? 'Linf' : norm;
  if (info.threat_model !== undefined && info.threat_model !== threat) {
    throw invalid(`${key} is of the threat model ${info.threat_model}; the benchmark has ${threat}.`, ...path, 'threat_model');
  }
  if (Math.abs(info.eps - epsilon) <= TOLERANCE * epsilon) return;
  throw invalid(`${key} has ε = ${info.eps}; the benchmark has ${epsilon}.`, ...path, 'eps');
}

const invalid = (message: string, ...path: string[]) => new DomainError('VALIDATION', message, path);
