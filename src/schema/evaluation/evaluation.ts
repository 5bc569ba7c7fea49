import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { wilson } from '../../compute/statistics/index.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { diagnosticsOf, engineOf, findingsOf, phasesOf, stagesOf } from '../../storage/json.js';
import { connectionOf } from '../relay/connection.js';
import { orderInput } from '../relay/order.js';
import { Accuracy } from './accuracy.js';
import { Diagnostics } from './diagnostics.js';
import { Judging } from '../attack/judging.js';
import { JudgedAccuracies } from './judged-accuracies.js';
import { EvaluatedAttack } from '../attack/evaluated-attack.js';
import { Finding } from './finding.js';
import { MeanAccuracy } from './mean-accuracy.js';
import { EvaluationSeconds } from './seconds.js';
import { EvaluationStage } from './stage.js';
import { Proportion } from '../statistics/proportion.js';
import { RequestedNode } from '../relay/requested-node.js';
import { Column } from '../column.js';
import { Annotated, NOTE, TAGS } from '../annotation/annotated.js';

@ObjectType({
  implements: [RequestedNode, Annotated],
  description: 'One model under one attack on a range of one data set. Result fields are null until the job has succeeded.',
})
export class Evaluation extends RequestedNode {
  constructor(readonly row: EvaluationRow) {
    super('Evaluation', row.id);
  }

  @Field(() => EvaluatedAttack, { description: 'The attack as it was run.' })
  get attack(): EvaluatedAttack {
    return new EvaluatedAttack(this.row);
  }

  @Column(() => Judging, { description: 'What success was decided on.' })
  readonly judging!: Judging;

  @Field(() => JudgedAccuracies, {
    nullable: true,
    description: 'Accuracy on the same adversarial images by either judging; null where one of them is not known.',
  })
  get judged(): JudgedAccuracies | null {
    const { judging, adversarialTop1, otherTop1, undoneByRounding, sampleCount } = this.row;
    if (adversarialTop1 === null || otherTop1 === null || undoneByRounding === null) return null;
    const [stored, float] = judging === 'STORED' ? [adversarialTop1, otherTop1] : [otherTop1, adversarialTop1];
    return { stored: wilson(stored, sampleCount), float: wilson(float, sampleCount), undoneByRounding };
  }

  @Column(() => Int, { description: 'Predictions whose majority decided on the class of an image.' })
  readonly predictions!: number;

  @Field(() => [Int], {
    nullable: true,
    description:
      'For each class of the model that of the data set, -1: none, after the class map of the model itself. Null where they are the same.',
  })
  get classMap(): readonly number[] | null {
    return this.row.classMap.length > 0 ? this.row.classMap : null;
  }

  @Field(() => MeanAccuracy, {
    nullable: true,
    description: 'Accuracy of one prediction, on average over `predictions`; `clean` and `adversarial` are of their majority.',
  })
  get meanAccuracy(): MeanAccuracy | null {
    const { cleanMean, adversarialMean } = this.row;
    return cleanMean === null || adversarialMean === null ? null : { clean: cleanMean, adversarial: adversarialMean };
  }

  @Column(() => [String], TAGS)
  readonly tags!: string[];

  @Column(() => String, { nullable: true, description: NOTE })
  readonly note!: string | null;

  @Column(() => Int, { description: 'Number of examples.' })
  readonly sampleCount!: number;

  @Column(() => Int, { description: 'Position of the first example in the data set.' })
  readonly offset!: number;

  @Field(() => Accuracy, { nullable: true, description: 'Accuracy on the original images.' })
  get clean(): Accuracy | null {
    return this.accuracy(this.row.cleanTop1, this.row.cleanTop5);
  }

  @Field(() => Accuracy, { nullable: true, description: 'Accuracy on the adversarial images, as `judging` says.' })
  get adversarial(): Accuracy | null {
    return this.accuracy(this.row.adversarialTop1, this.row.adversarialTop5);
  }

  @Field(() => Proportion, {
    nullable: true,
    description: 'Of the examples that were right before the attack, the share that is wrong after it, in whatever class.',
  })
  get successRate(): Proportion | null {
    const { successes, cleanTop1 } = this.row;
    return successes === null || cleanTop1 === null ? null : wilson(successes, cleanTop1);
  }

  @Field(() => Proportion, {
    nullable: true,
    description:
      'Of the examples that were right before the attack and not of the class that it aimed at, the share that ends in that class; null where it had no target. Whatever the target, any wrong class counts in `successRate`.',
  })
  get targetSuccess(): Proportion | null {
    const { aimed: targeted, targetsReached } = this.row;
    return targeted === null || targetsReached === null ? null : wilson(targetsReached, targeted);
  }

  @Field(() => [EvaluationStage], {
    nullable: true,
    description:
      'Of an attack that runs others in turn (AutoAttack, lists): each of them in its order, with the accuracy after it. Null for other attacks, and until the job has succeeded.',
  })
  get stages(): EvaluationStage[] | null {
    return stagesOf(this.row)?.map((stage) => new EvaluationStage(stage, this.row.sampleCount)) ?? null;
  }

  @Field(() => Float, { nullable: true, description: 'Forward passes of the attack for each example, on average.' })
  get queries(): number | null {
    return this.perExample(this.row.queries);
  }

  @Field(() => Float, { nullable: true, description: 'Backward passes of the attack for each example, on average.' })
  get gradients(): number | null {
    return this.perExample(this.row.gradients);
  }

  @Field(() => EvaluationSeconds, {
    nullable: true,
    description: 'What the time went into. Null until the job has succeeded, and of evaluations from before it was kept.',
  })
  get seconds(): EvaluationSeconds | null {
    return phasesOf(this.row);
  }

  @Field(() => Float, {
    nullable: true,
    description: 'Examples a second over `seconds.total`: of the whole evaluation, as its user waits for it.',
  })
  get imagesPerSecond(): number | null {
    const seconds = phasesOf(this.row);
    return seconds && this.row.sampleCount / seconds.total;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'Adversarial examples a second of the attack alone: without compiling, decoding, predictions before and after, distances and storing. `imagesPerSecond` is of the whole.',
  })
  get throughput(): number | null {
    return this.row.seconds ? this.row.sampleCount / this.row.seconds : null;
  }

  @Field(() => String, { nullable: true, description: 'Engine that computed it, in one line.' })
  get engine(): string | null {
    return engineOf(this.row)?.label ?? null;
  }

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'Versions of the packages that computed it.' })
  get engineVersions(): unknown {
    return engineOf(this.row)?.versions;
  }

  @Column(() => Int, { description: 'Seed of everything random in it.' })
  readonly seed!: number;

  @Column(() => String, {
    description:
      'SHA-256 of model, data set, attack, range, seed, judging, predictions, class map and engine: equal requests have equal hashes, and one evaluation. Two models of equal weights have two.',
  })
  readonly requestHash!: string;

  @Field(() => Diagnostics, { nullable: true, description: 'What the model does to attacks; what `findings` about gradients rest on.' })
  get diagnostics(): Diagnostics | null {
    const diagnostics = diagnosticsOf(this.row);
    return diagnostics && new Diagnostics(diagnostics);
  }

  @Field(() => [Finding], {
    nullable: true,
    description:
      'Findings of the automatic checks; empty where there are none. Later evaluations of the model on the same examples may add to them.',
  })
  get findings(): Finding[] | null {
    return findingsOf(this.row);
  }

  private accuracy(top1: number | null, top5: number | null): Accuracy | null {
    const n = this.row.sampleCount;
    return top1 === null || top5 === null ? null : { top1: wilson(top1, n), top5: wilson(top5, n) };
  }

  private perExample(total: bigint | null): number | null {
    return total === null ? null : Number(total) / this.row.sampleCount;
  }
}

export const EvaluationConnection = connectionOf('Evaluation', Evaluation);
export type EvaluationConnection = InstanceType<typeof EvaluationConnection>;

export enum EvaluationOrderField {
  CREATED_AT = 'createdAt',
  EPSILON = 'epsilon',
  ACCURACY = 'robustAccuracy',
  CLEAN_ACCURACY = 'cleanAccuracy',
}

registerEnumType(EvaluationOrderField, {
  name: 'EvaluationOrderField',
  description: 'What evaluations are ordered by.',
  valuesConfig: {
    CREATED_AT: { description: 'Time of the request.' },
    EPSILON: { description: 'Budget; no limit is the largest.' },
    ACCURACY: { description: 'Accuracy under attack; those that have none yet count as the largest.' },
    CLEAN_ACCURACY: { description: 'Accuracy on the original images; those that have none yet count as the largest.' },
  },
});

export const EvaluationOrder = orderInput('EvaluationOrder', EvaluationOrderField, EvaluationOrderField.CREATED_AT);
export type EvaluationOrder = InstanceType<typeof EvaluationOrder>;
