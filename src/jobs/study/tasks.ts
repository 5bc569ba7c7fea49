/** Begins the tasks of a study, a few at a time, and sees what has become of them. @module */
import { rowId } from '../../storage/global-id.js';
import type { Settings, Task } from '../../studies/types.js';
import type { Job, Study, StudyTask } from '../../storage/generated/client.js';
import type { RequestedJob } from '../requests.js';
import { type JobContext, JobFailed, type Plan } from '../types.js';
import { isFinished } from '../watcher.js';

/** Tasks under way at once: one of each kind on a worker, and one more, so that it need not wait. */
const AT_ONCE = 4;

/** Until a task is asked for again for which the queue had no room. */
const RETRY_SECONDS = 1;

/** What a task leads to; the result of a game is written by its job. */
const COLUMNS = {
  training: 'trainingRunId',
  classifier: 'modelId',
  evaluation: 'evaluationId',
  transfer: 'transferId',
  game: 'game',
} as const satisfies Record<Task['kind'], string>;

type TaskRow = StudyTask & { job: Job | null };

/** Asks for the tasks that can begin. @throws JobFailed naming the task that failed or was cancelled. */
export async function planTasks(context: JobContext, study: Study, tasks: readonly Task[], settings: Settings): Promise<Plan> {
  const found = await context.prisma.studyTask.findMany({ where: { studyId: study.id }, include: { job: true } });
  const rows = new Map(found.map((row) => [row.key, row]));
  for (const { kind, key } of tasks) checkSucceeded(kind, rows.get(key));
  const begun = tasks.filter(({ key }) => rows.get(key)?.jobId);
  const done = new Set(begun.filter(({ key }) => rows.get(key)!.job!.state === 'SUCCEEDED').map(({ key }) => key));
  const underWay = begun.filter(({ key }) => !done.has(key)).map(({ key }) => rows.get(key)!.jobId!);
  const submitted = submittedModels(settings);
  const canBegin = tasks.filter((task) => !rows.get(task.key)?.jobId && neededBy(task).every((key) => done.has(key) || submitted.has(key)));
  const requests = new TaskRequests(context, study, tasks, settings, rows);
  for (const task of canBegin.slice(0, Math.max(0, AT_ONCE - underWay.length))) {
    context.signal.throwIfAborted();
    const jobId = await requests.ask(task);
    if (jobId === undefined) return { waitFor: underWay, done: done.size, againAfter: RETRY_SECONDS };
    underWay.push(jobId);
  }
  return { waitFor: underWay, done: done.size };
}

function checkSucceeded(kind: Task['kind'], row: TaskRow | undefined): void {
  // Before a task is begun it leads to nothing; afterwards, where its job is gone, to what that made.
  const isBegun = row?.jobId || row?.trainingRunId || row?.evaluationId || row?.transferId || row?.modelId || row?.game;
  if (!isBegun || (row.job && !isFinished(row.job)) || row.job?.state === 'SUCCEEDED') return;
  const reason = row.job?.state === 'FAILED' ? row.job.error : row.job ? 'its job was cancelled.' : 'its job is gone.';
  throw new JobFailed('TASK_FAILED', `${kind} of "${row.key}": ${reason}`);
}

class TaskRequests {
  private readonly byKey: ReadonlyMap<string, Task>;

  constructor(
    private readonly context: JobContext,
    private readonly study: Study,
    tasks: readonly Task[],
    private readonly settings: Settings,
    private readonly rows: ReadonlyMap<string, TaskRow>,
  ) {
    this.byKey = new Map(tasks.map((task) => [task.key, task]));
  }

  /** Remembers what it has led to. @returns undefined where the queue has no room. */
  async ask(task: Task): Promise<string | undefined> {
    const requested = await this.request(task);
    if (!requested) return undefined;
    const { jobId, id } = requested;
    const where = { studyId: this.study.id, key: task.key };
    await this.context.prisma.studyTask.updateMany({ where, data: { jobId, ...(id && { [COLUMNS[task.kind]]: id }) } });
    return jobId;
  }

  private async request(task: Task): Promise<RequestedJob | undefined> {
    const { owner, trainingDatasetId, testDatasetId } = this.study;
    const { settings, context } = this;
    const common = { datasetId: testDatasetId, sampleCount: settings.sampleCount };
    switch (task.kind) {
      case 'training':
        return context.requests.training(owner, { ...task, settings, trainingDatasetId, testDatasetId });
      case 'classifier':
        return context.requests.classifier(owner, { ...task, datasetId: trainingDatasetId });
      case 'game':
        return context.requests.game(owner, { studyId: this.study.id, key: task.key, units: task.plan.testCount });
      case 'evaluation':
        return context.requests.evaluation(owner, { ...task, ...common, modelId: await this.modelOf(task.network) });
      case 'transfer':
        return context.requests.transfer(owner, {
          ...common,
          modelId: await this.modelOf(task.source),
          targetIds: await Promise.all(task.targets.map((key) => this.modelOf(key))),
          attacks: task.evaluations.map((key) => this.attackOf(key)),
        });
    }
  }

  /** @param key of a training or classifier that is done, or name of a submitted model. */
  private async modelOf(key: string): Promise<string> {
    const submitted = submittedModels(this.settings).get(key);
    if (submitted !== undefined) return submitted;
    const row = this.rows.get(key);
    if (row?.modelId) return row.modelId;
    const id = row?.trainingRunId;
    const run = id && (await this.context.prisma.trainingRun.findUnique({ where: { id } }));
    if (!run) throw new JobFailed('TASK_FAILED', `The model of "${key}" has been deleted. Start the study again.`);
    return run.modelId;
  }

  private attackOf(key: string) {
    const task = this.byKey.get(key);
    if (task?.kind !== 'evaluation') throw new Error(`"${key}" is no evaluation.`);
    return task.attack;
  }
}

/** Ids of the rows of the models that a study's owner named, by name. */
export function submittedModels({ models = [] }: Settings): Map<string, string> {
  return new Map(models.flatMap(({ name, id }) => [[name, rowId(id, 'Model')!] as const]));
}

/** Keys of what must be done before; names of submitted models are among them, which are there. */
function neededBy(task: Task): readonly string[] {
  switch (task.kind) {
    case 'training':
    case 'classifier':
    case 'game':
      return [];
    case 'evaluation':
      return [task.network];
    case 'transfer':
      return [task.source, ...task.evaluations, ...task.targets];
  }
}
