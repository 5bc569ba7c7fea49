import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { engineOf, planOf } from '../../storage/json.js';
import { learningRateOf, type Outcome, type TrainingPlan } from '../../compute/training/index.js';
import type { TrainingPoint as PointRow, TrainingRun as RunRow } from '../../storage/generated/client.js';
import { connectionOf } from '../relay/connection.js';
import { creationOrder } from '../relay/order.js';
import { RequestedNode } from '../relay/requested-node.js';
import { Column } from '../column.js';

@ObjectType({ description: 'The learning rate of a step.' })
class LearningRate {
  @Field(() => Int, { description: 'The step, from 0.' })
  step!: number;

  @Field(() => Float, { description: 'Its learning rate.' })
  value!: number;
}

/** Points of a curve of learning rates. */
const RATE_POINTS = 200;

@ObjectType({ description: 'What a training run measured after a number of steps. Accuracies are shares of the images.' })
export class TrainingPoint {
  constructor(readonly row: PointRow) {}

  @Column(() => Int, { description: 'Steps done.' })
  readonly step!: number;

  @Column(() => Float, { description: 'Mean loss since the point before.' })
  readonly loss!: number;

  @Column(() => Float, { description: 'Accuracy on the images as they were trained on, since the point before.' })
  readonly trainingAccuracy!: number;

  @Column(() => Float, { description: 'Accuracy on the validation images.' })
  readonly cleanAccuracy!: number;

  @Column(() => Float, { description: 'Accuracy on them under FGSM.' })
  readonly oneStepAccuracy!: number;

  @Column(() => Float, { description: 'Accuracy on them under PGD.' })
  readonly iterativeAccuracy!: number;

  @Column(() => Float, { description: 'Seconds of training since the point before.' })
  readonly seconds!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Path of its checkpoint below the address of this server; null where later ones took its place.',
  })
  get checkpointUrl(): string | null {
    return this.row.checkpointId === null ? null : `/artifacts/${this.row.checkpointId}`;
  }
}

const TrainingOutcome = {
  COMPLETED: 'COMPLETED',
  EARLY_STOPPED: 'EARLY_STOPPED',
  CATASTROPHIC_OVERFITTING: 'CATASTROPHIC_OVERFITTING',
} as const satisfies Record<Outcome, Outcome>;

registerEnumType(TrainingOutcome, {
  name: 'TrainingOutcome',
  description: 'Why training ended.',
  valuesConfig: {
    COMPLETED: { description: 'It came to its last step.' },
    EARLY_STOPPED: { description: 'Iterative accuracy did not rise any more; the model has the best weights.' },
    CATASTROPHIC_OVERFITTING: {
      description:
        'Iterative accuracy fell while one-step accuracy did not: the network had learned its own attack. The model has the best weights.',
    },
  },
});

@ObjectType({ implements: RequestedNode, description: 'The making of a model by training.' })
export class TrainingRun extends RequestedNode {
  constructor(readonly row: RunRow) {
    super('TrainingRun', row.id);
  }

  @Field(() => String, { description: 'Training scheme, such as `algorithm1`.' })
  get scheme(): string {
    return this.plan.scheme.name;
  }

  @Field(() => GraphQLJSONObject, {
    description: 'Everything that was asked for, defaults filled in: scheme, optimizer, schedule, regularisation, validation.',
  })
  get plan(): TrainingPlan {
    return planOf(this.row);
  }

  @Field(() => Int, { description: 'Steps of the whole run.' })
  get totalSteps(): number {
    return this.plan.totalSteps;
  }

  @Field(() => [LearningRate], {
    description: `The learning rate over the run, by its schedule with the warm-up: the first step, the last, and ${RATE_POINTS} at most in all.`,
  })
  get learningRates(): LearningRate[] {
    const { totalSteps } = this.plan;
    const rate = learningRateOf(this.plan);
    const count = Math.min(RATE_POINTS, totalSteps);
    const steps = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (totalSteps - 1)) / (count - 1))));
    return steps.map((step) => ({ step, value: rate(step, totalSteps) }));
  }

  @Field(() => Int, { description: 'm: images of a minibatch.' })
  get batchSize(): number {
    return this.plan.batchSize;
  }

  @Field(() => Int, { description: 'Seed of everything random in it.' })
  get seed(): number {
    return this.plan.seed;
  }

  @Column(() => Int, { description: 'Steps from one point of the series to the next.' })
  readonly interval!: number;

  @Field(() => TrainingOutcome, { nullable: true, description: 'Why training ended; null while it goes on, and where the job failed.' })
  get outcome(): Outcome | null {
    return this.row.outcome as Outcome | null;
  }

  @Field(() => String, { nullable: true, description: 'Engine that computes it, in one line.' })
  get engine(): string | null {
    return engineOf(this.row)?.label ?? null;
  }
}

export const TrainingRunConnection = connectionOf('TrainingRun', TrainingRun);
export type TrainingRunConnection = InstanceType<typeof TrainingRunConnection>;

export const TrainingRunOrder = creationOrder('TrainingRun', 'training runs');
export type TrainingRunOrder = InstanceType<typeof TrainingRunOrder>;
