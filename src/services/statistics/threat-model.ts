/** All networks under the attacks of one threat model, on the same examples. @module */
import { imported } from '../../compute/evaluation/index.js';
import { type Proportion, wilson } from '../../compute/statistics/index.js';
import { DomainError } from '../../errors.js';
import { GRADIENT_KINDS } from '../../results/findings/masked.js';
import { MASKING_CODES } from '../../results/findings/registry.js';
import {
  type AttackRun,
  chooseProtocol,
  type Examples,
  type Exclusion,
  type Protocol,
  type ProtocolAttack,
  shown,
} from '../../results/protocol.js';
import { type Rank, rankWithTies } from '../../results/ranking.js';
import type { DatabaseClient } from '../../storage/database.js';
import { type Norm, Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { corruptedAccuracies } from './corrupted-accuracies.js';
import { all, checkAttackKinds, counting, finished, inRange, onDataset, type RangeRequest, withEpsilon } from './finished.js';

export interface ThreatModelRequest extends RangeRequest {
  readonly datasetId: string;
  readonly norm: Norm;
  readonly epsilon: number;
  /** Undefined: the attacks that half of the networks share. Else only networks that were attacked by all of them. */
  readonly attackKinds?: readonly string[];
}

/** A network: models of equal weights are one. */
export interface RankedModel extends Rank {
  /** The oldest of the models. */
  readonly modelId: string;
  readonly fingerprint: string;
  readonly clean: Proportion;
  /** Right on the clean image, under every attack of the protocol, and on imported and transferred images. */
  readonly robust: Proportion;
  /** The same under every attack inside the threat model. */
  readonly bestKnown: Proportion;
  /** Whether a finding says that gradients are masked, and no iterative attack that is as strong is without one. */
  readonly maskedGradients: boolean;
  /** Mean accuracy under all common corruptions; null where it was not measured under all. */
  readonly corrupted: number | null;
  readonly evaluationCount: number;
  readonly transferCount: number;
  readonly attackKinds: readonly string[];
  readonly evaluationIds: readonly string[];
}

export interface ThreatModelResults {
  /** Undefined where nothing has finished. */
  readonly range: Examples | undefined;
  /** What all of the models were attacked by. */
  readonly protocol: readonly ProtocolAttack[];
  /** Those without masked gradients first, then the most robust first; of equally robust ones the more accurate. */
  readonly models: readonly RankedModel[];
  /** Networks with results in this threat model that cannot be compared with these. */
  readonly excluded: readonly Exclusion[];
}

export async function threatModelResults(
  prisma: DatabaseClient,
  viewer: Principal,
  { attackKinds, ...request }: ThreatModelRequest,
): Promise<ThreatModelResults> {
  if (attackKinds?.includes(imported.kind)) {
    const message = 'Imported images are no attack that models could have in common. They count wherever they are: name attacks only.';
    throw new DomainError('VALIDATION', message, ['attackKinds']);
  }
  if (attackKinds) checkAttackKinds(attackKinds);
  const { datasetId, norm, epsilon, ...wanted } = request;
  const threat = all(onDataset(datasetId), Prisma.sql`"norm" = ${norm}::"Norm"`, withEpsilon(epsilon));
  const runs = await attackRuns(prisma, viewer, threat);
  const protocol = chooseProtocol(runs, attackKinds && [...new Set(attackKinds)], wanted);
  if (!protocol) {
    const elsewhere = new Set(runs.flatMap(({ networks }) => [...networks]));
    const excluded = [...elsewhere].map((network) => ({ network, reason: 'OTHER_EXAMPLES' as const, missing: [] }));
    return { range: undefined, protocol: [], models: [], excluded };
  }
  const rows = protocol.networks.size > 0 ? await worstCases(prisma, viewer, threat, protocol) : [];
  const corrupted = await corruptedAccuracies(prisma, viewer, datasetId);
  return {
    range: protocol.examples,
    protocol: protocol.attacks.map(shown),
    models: ranked(rows, protocol.examples.sampleCount).map((model) => ({ ...model, corrupted: corrupted.get(model.fingerprint) ?? null })),
    excluded: protocol.excluded,
  };
}

/** Networks as one text: it is read a hundred times as fast as a list, and there may be thousands. */
interface RunRow extends Omit<AttackRun, 'networks'> {
  readonly networks: string;
}

async function attackRuns(prisma: DatabaseClient, viewer: Principal, threat: Prisma.Sql): Promise<AttackRun[]> {
  const rows = await prisma.$queryRaw<RunRow[]>`
    SELECT "offset", "sampleCount", "attackKind", "parametersHash", (array_agg("parameters"))[1] AS "parameters",
      avg("adversarialTop1"::FLOAT8 / "sampleCount") AS "accuracy", string_agg("fingerprint", ',') AS "networks"
    FROM ${finished(viewer)} WHERE ${threat} AND "attackKind" <> ${imported.kind}
    GROUP BY "offset", "sampleCount", "attackKind", "parametersHash"`;
  return rows.map((row) => ({ ...row, networks: new Set(row.networks.split(',')) }));
}

interface WorstCaseRow {
  readonly modelId: string;
  readonly fingerprint: string;
  readonly clean: number;
  readonly robust: number;
  readonly bestKnown: number;
  readonly masked: boolean;
  readonly evaluationCount: number;
  readonly transferCount: number;
  readonly attackKinds: string;
  readonly ids: string;
}

/** Findings that say that gradients are masked. */
const MASKING = `$[*] ? (@.severity != "INFO" && (${MASKING_CODES.map((code) => `@.code == "${code}"`).join(' || ')}))`;

/**
 * The mean over examples of the minimum over attacks, for each network of the protocol. What counts are its attacks and, since they are no attacks that others could have
 * been attacked by, images that were imported for the threat model or transferred inside it.
 */
function worstCases(
  prisma: DatabaseClient,
  viewer: Principal,
  threat: Prisma.Sql,
  { examples, attacks, networks }: Protocol,
): Promise<WorstCaseRow[]> {
  const kinds = attacks.map(({ attackKind }) => attackKind);
  const hashes = attacks.map(({ parametersHash }) => parametersHash);
  const isOfProtocol = Prisma.sql`("attackKind", "parametersHash") IN (SELECT * FROM unnest(${kinds}::TEXT[], ${hashes}::TEXT[]))`;
  const inside = all(threat, inRange(examples));
  return prisma.$queryRaw<WorstCaseRow[]>`
    WITH "result" AS (
      SELECT "id", "modelId", "fingerprint", "attackKind", "cleanRight", "adversarialRight", "adversarialTop1",
        ("findings" @? ${MASKING}::TEXT::JSONPATH) IS TRUE AS "masking",
        "attackKind" = ANY(${GRADIENT_KINDS}::TEXT[]) AND "gradients" > "sampleCount" AS "iterative",
        ${isOfProtocol} OR "attackKind" = ${imported.kind} AND "budgetViolations" = 0 AS "counts"
      FROM ${finished(viewer)} WHERE ${inside}
      UNION ALL
      SELECT NULL, NULL, "Model"."fingerprint", NULL, NULL, "TransferResult"."adversarialRight", NULL, FALSE, FALSE, TRUE
      FROM ${finished(viewer)} JOIN "TransferResult" ON "evaluationId" = "finished"."id" JOIN "Model" ON "Model"."id" = "targetModelId"
      WHERE ${inside} AND "budgetViolations" = 0 AND ${counting(viewer)} AND "Model"."fingerprint" <> "finished"."fingerprint"
    )
    SELECT "fingerprint", (array_agg("modelId" ORDER BY "modelId"))[1] AS "modelId",
      bit_count(bit_and("cleanRight"))::INT AS "clean",
      bit_count(bit_and("cleanRight") & bit_and("adversarialRight") FILTER (WHERE "counts"))::INT AS "robust",
      bit_count(bit_and("cleanRight") & bit_and("adversarialRight"))::INT AS "bestKnown",
      -- As areGradientsMasked of results/findings/masked.ts has it; all are of one norm and budget.
      coalesce(bool_or("counts" AND "masking"), FALSE) AND (
        min("adversarialTop1") FILTER (WHERE "iterative" AND NOT "masking") <= min("adversarialTop1") FILTER (WHERE "counts" AND "masking")
      ) IS NOT TRUE AS "masked",
      count("id") FILTER (WHERE "counts")::INT AS "evaluationCount",
      (count(*) - count("id"))::INT AS "transferCount",
      string_agg(DISTINCT "attackKind", ',') FILTER (WHERE "counts") AS "attackKinds",
      string_agg("id"::TEXT, ',' ORDER BY "id") FILTER (WHERE "counts") AS "ids"
    FROM "result" WHERE "fingerprint" = ANY(${[...networks]}::TEXT[])
    GROUP BY "fingerprint"`;
}

function ranked(rows: readonly WorstCaseRow[], n: number): Omit<RankedModel, 'corrupted'>[] {
  const byWorstCase = rows.toSorted((a, b) => b.robust - a.robust || b.clean - a.clean || (a.modelId < b.modelId ? -1 : 1));
  const groups = [byWorstCase.filter(({ masked }) => !masked), byWorstCase.filter(({ masked }) => masked)];
  const ranks = groups.flatMap((group, i) =>
    rankWithTies(
      group.map(({ robust }) => wilson(robust, n)),
      i === 0 ? 0 : groups[0]!.length,
    ),
  );
  return groups.flat().map(({ clean, robust, bestKnown, masked, attackKinds, ids, ...row }, i) => ({
    ...row,
    ...ranks[i]!,
    clean: wilson(clean, n),
    robust: wilson(robust, n),
    bestKnown: wilson(bestKnown, n),
    maskedGradients: masked,
    attackKinds: attackKinds.split(','),
    evaluationIds: ids.split(','),
  }));
}
