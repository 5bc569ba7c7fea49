/** What the tasks of a study have led to, read from the rows that they made. @module */
import type { EvaluationCounts, Outcomes, TransferCounts } from '../../studies/types.js';
import type { DatabaseClient } from '../../storage/database.js';
import { gameOf } from '../../storage/json.js';
import { JobFailed } from '../types.js';

/** @param submitted ids of models that were not trained, by name. */
export async function readOutcomes(prisma: DatabaseClient, studyId: string, submitted: ReadonlyMap<string, string>): Promise<Outcomes> {
  const tasks = await prisma.studyTask.findMany({
    where: { studyId },
    include: { trainingRun: { select: { modelId: true } }, evaluation: true },
  });
  const evaluations = new Map(tasks.flatMap(({ key, evaluation }) => (evaluation ? [[key, evaluation] as const] : [])));
  const trained = tasks.flatMap(({ key, trainingRun }) => (trainingRun ? [[key, trainingRun.modelId] as const] : []));
  const fitted = tasks.flatMap(({ key, modelId }) => (modelId ? [[key, modelId] as const] : []));
  const modelIds = new Map([...trained, ...fitted, ...submitted]);
  const games = new Map(tasks.map((task) => [task.key, gameOf(task) ?? undefined]));
  const results = await prisma.transferResult.findMany({
    where: { evaluation: { studyTasks: { some: { studyId } } }, targetModelId: { in: [...modelIds.values()] } },
    omit: { outcomes: true },
  });
  const transfers = new Map(results.map((row) => [`${row.evaluationId} ${row.targetModelId}`, row]));
  return {
    evaluation(key): EvaluationCounts {
      const { sampleCount, cleanTop1, adversarialTop1, successes } = present(evaluations.get(key), key);
      return { n: sampleCount, clean: cleanTop1!, adversarial: adversarialTop1!, successes: successes! };
    },
    transfer(key, target): TransferCounts {
      return present(transfers.get(`${present(evaluations.get(key), key).id} ${modelIds.get(target)}`), `${key} on ${target}`);
    },
    game: (key) => present(games.get(key), key),
  };
}

function present<Row>(row: Row | undefined, key: string): Row {
  if (row) return row;
  throw new JobFailed('TASK_FAILED', `The result of "${key}" has been deleted. Start the study again.`);
}
