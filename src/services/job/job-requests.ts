/** How jobs ask for other jobs: through the services, as their owner. @module */
import { findAttack } from '../../compute/attacks/index.js';
import type { Selection } from '../../compute/training/index.js';
import { DomainError, hasCode } from '../../errors.js';
import type { EvaluationRequest, JobRequests, TrainingRequest } from '../../jobs/requests.js';
import { JobFailed } from '../../jobs/types.js';
import type { Attack } from '../../studies/types.js';
import type { Services } from '../index.js';
import type { ModelDetails } from '../model/models.js';
import type { Principal } from '../token/principal.js';
import type { RequestedScheme } from '../training/training-request.js';

export function jobRequests({ trainings, classifiers, studies, evaluations, transfers }: Services): JobRequests {
  return {
    training: (owner, request) =>
      whereThereIsRoom(async () => {
        const { trainingRun, job } = await trainings.findOrStart(as(owner), detailsOf(request), trainingOf(request));
        return { jobId: job.id, id: trainingRun.id };
      }),

    classifier: (owner, { classifier, ...rest }) =>
      whereThereIsRoom(async () => {
        const { model, job } = await classifiers.findOrTrain(as(owner), { ...rest, ...classifier });
        return { jobId: job.id, id: model.id };
      }),

    game: (owner, request) => whereThereIsRoom(async () => ({ jobId: (await studies.startGame(as(owner), request)).id })),

    evaluation: (owner, { modelId, attack, keepImages, ...rest }) =>
      whereThereIsRoom(async () => {
        const [evaluation] = await evaluations.start(as(owner), {
          ...onTestSet(rest),
          modelIds: [modelId],
          attacks: [requested(attack)],
          keepImages,
        });
        return { jobId: evaluation!.job.id, id: evaluation!.id };
      }),

    transfer: (owner, { modelId, targetIds, attacks, ...rest }) =>
      whereThereIsRoom(async () => {
        const request = { ...onTestSet(rest), sourceIds: [modelId], targetIds, attacks: attacks.map(requested) };
        const { transfer, job } = await transfers.start(as(owner), request);
        return { jobId: job.id, id: transfer.id };
      }),
  };
}

/** The owner was allowed to start what asks. */
const as = (name: string): Principal => ({ name, role: 'SUBMITTER' });

const requested = ({ kind, parameters }: Attack) => ({ definition: findAttack(kind), parameters });

const onTestSet = ({ datasetId, sampleCount }: Pick<EvaluationRequest, 'datasetId' | 'sampleCount'>) => ({
  datasetId,
  sampleCount,
  offset: 0,
  seed: 0,
});

async function whereThereIsRoom<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    // A taken name: the same was asked for in this moment, and is found the next time.
    if (hasCode(error, 'QUEUE_FULL', 'NAME_TAKEN')) return undefined;
    if (!(error instanceof DomainError)) throw error;
    throw new JobFailed('TASK_REFUSED', error.message);
  }
}

/** A name that no other request has. */
function detailsOf({ network, seed }: TrainingRequest): (requestHash: string) => ModelDetails {
  const { architecture } = network.architecture;
  return (requestHash) => ({
    name: `${architecture} ${network.scheme.name} ${seed} (${requestHash.slice(0, 12)})`,
    description: 'Trained by a study.',
    visibility: 'PRIVATE',
  });
}

/** Steps from one checkpoint to the next. */
const INTERVAL = 500;

function trainingOf({ network, seed, settings, trainingDatasetId, testDatasetId }: TrainingRequest) {
  const { steps, batchSize, optimizer, schedule, augmentation, regularisation } = settings;
  return {
    architecture: { ...network.architecture, seed },
    datasetId: trainingDatasetId,
    validationDatasetId: testDatasetId,
    interval: Math.min(INTERVAL, steps),
    checkpointsKept: 1,
    scheme: schemeOf(network.scheme),
    optimizer,
    schedule,
    warmUpSteps: 0,
    regularisation: { ...regularisation, ...network.regularisation },
    augmentation,
    steps,
    batchSize,
    seed,
    stopping: { patience: 0, detectOverfitting: false },
    // The series is for display only; figures come from evaluations.
    validation: { offset: 0, sampleCount: Math.min(100, settings.sampleCount), epsilon: settings.epsilons[0]!, iterations: 5 },
  };
}

function schemeOf({ attacks, ...scheme }: Selection & { readonly attacks?: readonly Attack[] }): RequestedScheme {
  return { ...scheme, attacks: attacks?.map((attack) => ({ ...requested(attack), weight: 1 })) };
}
