/** Begins the tasks of a study, a few at a time, and waits for them. @module */
import { setTimeout } from 'node:timers/promises';
import { rowId } from '../../storage/global-id.js';
import type { Settings, Task } from '../../studies/types.js';
import type { Study, StudyTask } from '../../storage/generated/client.js';
import type { RequestedJob } from '../requests.js';
import { JobFailed, type JobContext } from '../types.js';
import { jobsSettled } from '../wait.js';

/** Tasks under way at once. A worker runs one job of each kind; one more of each waits, so that it need not. */
const AT_ONCE = 4;

/** Between two attempts to begin a task while the queue is full. */
const RETRY_MS = 500;

type TaskRow = Pick<StudyTask, 'key' | 'jobId' | 'trainingRunId'>;

/** @throws JobFailed naming the task that failed or was cancelled. */
export async function performTasks(context: JobContext, study: Study, tasks: readonly Task[], settings: Settings): Promise<void> {
  const rows = new Map((await context.prisma.studyTask.findMany({ where: { studyId: study.id } })).map((row) => [row.key, row]));
  const failed = new AbortController();
  const one = new StudyRun({ ...context, signal: AbortSignal.any([context.signal, failed.signal]) }, study, tasks, settings, rows);
  const left = tasks.values();
  const lane = async () => {
    // What a task needs comes before it in the plan, so it is done or under way in another lane.
    for (const task of left) await one.perform(task);
  };
  const lanes = Array.from({ length: AT_ONCE }, () =>
    lane().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  // Not all(): when this ends, no lane may be asking for a job any more.
  const ended = await Promise.allSettled(lanes);
  if (ended.some(({ status }) => status === 'rejected')) throw failed.signal.reason;
}

class StudyRun {
  private readonly byKey: ReadonlyMap<string, Task>;
  private readonly performed = new Map<string, Promise<void>>();
  private done = 0;

  constructor(
    private readonly context: JobContext,
    private readonly study: Study,
    tasks: readonly Task[],
    private readonly settings: Settings,
    private readonly rows: Map<string, TaskRow>,
  ) {
    this.byKey = new Map(tasks.map((task) => [task.key, task]));
  }

  perform(task: Task): Promise<void> {
    const performed = this.begin(task);
    this.performed.set(task.key, performed);
    return performed;
  }

  private async begin(task: Task): Promise<void> {
    const { context } = this;
    await Promise.all(neededBy(task).map((key) => this.performed.get(key)));
    const jobId = this.rows.get(task.key)?.jobId ?? (await this.ask(task));
    const [job] = await jobsSettled(context, [jobId]);
    if (job?.state !== 'SUCCEEDED') {
      const reason = job?.state === 'FAILED' ? job.error : job ? 'its job was cancelled.' : 'its job is gone.';
      throw new JobFailed('TASK_FAILED', `${task.kind} of "${task.key}": ${reason}`);
    }
    await context.step(++this.done, async () => {});
  }

  /** Asks until there is room, and remembers what it has led to. */
  private async ask(task: Task): Promise<string> {
    const { prisma, signal } = this.context;
    for (;;) {
      signal.throwIfAborted();
      const requested = await this.request(task);
      if (requested) {
        const { jobId, id } = requested;
        const column = ({ training: 'trainingRunId', evaluation: 'evaluationId', transfer: 'transferId' } as const)[task.kind];
        const data = { jobId, [column]: id };
        await prisma.studyTask.updateMany({ where: { studyId: this.study.id, key: task.key }, data });
        this.rows.set(task.key, { key: task.key, trainingRunId: null, ...data });
        return jobId;
      }
      await setTimeout(RETRY_MS, undefined, { signal });
    }
  }

  private async request(task: Task): Promise<RequestedJob | undefined> {
    const { owner, trainingDatasetId, testDatasetId } = this.study;
    const { settings, context } = this;
    const common = { datasetId: testDatasetId, sampleCount: settings.sampleCount };
    switch (task.kind) {
      case 'training':
        return context.requests.training(owner, { ...task, settings, trainingDatasetId, testDatasetId });
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

  /** @param key of a training that is done, or name of a submitted model. */
  private async modelOf(key: string): Promise<string> {
    const submitted = submittedModels(this.settings).get(key);
    if (submitted !== undefined) return submitted;
    const id = this.rows.get(key)?.trainingRunId;
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
      return [];
    case 'evaluation':
      return [task.network];
    case 'transfer':
      return [task.source, ...task.evaluations, ...task.targets];
  }
}
