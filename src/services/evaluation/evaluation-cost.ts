/** What a request would cost before it is made, from what evaluations have taken here. @module */
import { setImmediate } from 'node:timers/promises';
import { costOf, type Cost, type MeasuredWork, type Work } from '../../results/cost.js';
import type { DatabaseClient } from '../../storage/database.js';
import { engineOf, parametersOf, phasesOf } from '../../storage/json.js';
import { answering } from '../job/unique-requests.js';
import type { HashedRequest } from './evaluation-request.js';
import type { ReadyModel } from '../../storage/ready-model.js';

/** As far as its cost depends on it. */
interface PlannedWork extends Omit<HashedRequest, 'model'> {
  readonly model: Pick<ReadyModel, 'fingerprint' | 'multiplyAdds'>;
  readonly hash: string;
}

export interface RequestCost {
  readonly evaluations: number;
  /** Those of them that an earlier request has answered, or will. */
  readonly existing: number;
  /** Of the others, those of which nothing comparable was measured. */
  readonly unknown: number;
  /** Of all that can be estimated, together; undefined where there is none. */
  readonly cost: Cost | undefined;
}

/** Newest evaluations of each attack that are looked at. */
const MOST_MEASURED = 100;

/** @param prisma of the principal: how long others' private models take is not told. */
export async function requestCost(prisma: DatabaseClient, planned: readonly PlannedWork[]): Promise<RequestCost> {
  const byHash = new Map(planned.map((one) => [one.hash, one]));
  const found = await prisma.evaluation.findMany({ where: answering(...byHash.keys()), select: { requestHash: true } });
  const existing = new Set(found.map(({ requestHash }) => requestHash));
  const missing = [...byHash.values()].filter(({ hash }) => !existing.has(hash));
  const kinds = [...new Set(missing.map(({ attack }) => attack.kind))];
  const measured = (await Promise.all(kinds.map((kind) => measuredUnder(prisma, kind, missing[0]!.engine)))).flat();
  const costs: (Cost | undefined)[] = [];
  for (const one of missing) {
    await setImmediate();
    costs.push(costOf(workOf(one), measured));
  }
  const known = costs.filter((cost) => cost !== undefined);
  return {
    evaluations: byHash.size,
    existing: existing.size,
    unknown: costs.length - known.length,
    cost: known.length === 0 ? undefined : known.reduce(sum),
  };
}

/** Bounds of a sum, as if all were at their bound together: they are, where the machine is slower than it was. */
const sum = (a: Cost, b: Cost): Cost => ({
  value: a.value + b.value,
  lower: a.lower + b.lower,
  upper: a.upper + b.upper,
  measurements: Math.min(a.measurements, b.measurements),
});

const workOf = ({ attack, parameters, sampleCount, predictions, model }: PlannedWork): Work => ({
  attackKind: attack.kind,
  parameters,
  sampleCount,
  predictions,
  fingerprint: model.fingerprint,
  multiplyAdds: model.multiplyAdds === null ? null : Number(model.multiplyAdds),
});

async function measuredUnder(prisma: DatabaseClient, attackKind: string, engine: PlannedWork['engine']): Promise<MeasuredWork[]> {
  const rows = await prisma.evaluation.findMany({
    where: { attackKind, job: { state: 'SUCCEEDED' } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: MOST_MEASURED,
    select: {
      attackKind: true,
      parameters: true,
      sampleCount: true,
      predictions: true,
      phases: true,
      engine: true,
      model: { select: { fingerprint: true, multiplyAdds: true } },
    },
  });
  return rows.flatMap((row) => {
    const [phases, made] = [phasesOf(row), engineOf(row)];
    // What another kind of processor has taken says nothing of this one.
    if (!phases || made?.kind !== engine.kind || made.provider !== engine.provider) return [];
    const { fingerprint, multiplyAdds } = row.model;
    return {
      attackKind: row.attackKind,
      parameters: parametersOf(row),
      sampleCount: row.sampleCount,
      predictions: row.predictions,
      seconds: phases.total - phases.compile,
      fingerprint,
      multiplyAdds: multiplyAdds === null ? null : Number(multiplyAdds),
    };
  });
}
