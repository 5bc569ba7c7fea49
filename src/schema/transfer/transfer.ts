import { Field, Float, Int, ObjectType } from 'type-graphql';
import { wilson } from '../../compute/statistics/index.js';
import type { Cell } from '../../services/transfer/transfer-matrix.js';
import type { Transfer as TransferRow } from '../../storage/generated/client.js';
import { connectionOf } from '../relay/connection.js';
import { creationOrder } from '../relay/order.js';
import { Judging } from '../attack/judging.js';
import { EvaluatedAttack } from '../attack/evaluated-attack.js';
import type { Model } from '../model/model.js';
import { Proportion } from '../statistics/proportion.js';
import { RequestedNode } from '../relay/requested-node.js';
import { Column } from '../column.js';

@ObjectType({ description: 'What one model, the target, makes of adversarial images that were made on another, the source, or on itself.' })
export class TransferCell {
  /** @param models Those that are at hand: in a matrix, each is in many cells. */
  constructor(
    readonly row: Cell,
    readonly models: ReadonlyMap<string, Model> = new Map(),
  ) {}

  @Field(() => EvaluatedAttack, { description: 'The attack as it was run on the source.' })
  get attack(): EvaluatedAttack {
    return new EvaluatedAttack(this.row.evaluation);
  }

  @Field(() => Int, { description: 'Number of images.' })
  get n(): number {
    return this.row.evaluation.sampleCount;
  }

  @Column(() => Int, { description: 'Images whose originals both models get right.' })
  readonly bothRight!: number;

  @Field(() => Proportion, {
    description:
      'Transfer rate (Kurakin, Goodfellow and Bengio 2017): of the adversarial images that fool the source, and whose originals both models get right, the share that fools the target.',
  })
  get rate(): Proportion {
    return wilson(this.row.transferred, this.row.fooledSource);
  }

  @Field(() => Proportion, { description: 'The same, where right means that the label is among the five highest scores.' })
  get rateTop5(): Proportion {
    return wilson(this.row.transferredTop5, this.row.fooledSourceTop5);
  }

  @Field(() => Proportion, {
    description: 'Of the adversarial images that `rate` counts, the share to which the target gives the same wrong class as the source.',
  })
  get sameWrongClass(): Proportion {
    return wilson(this.row.sameWrongClass, this.row.fooledSource);
  }

  @Field(() => Proportion, { description: 'Error rate of the target on all adversarial images.' })
  get errorRate(): Proportion {
    return wilson(this.row.targetErrors, this.n);
  }

  @Field(() => Proportion, { description: 'The same, where an error is a label that is not among the five highest scores.' })
  get errorRateTop5(): Proportion {
    return wilson(this.row.targetErrorsTop5, this.n);
  }

  @Field(() => Proportion, { description: 'Error rate of the target on the original images.' })
  get cleanErrorRate(): Proportion {
    return wilson(this.row.cleanTargetErrors, this.n);
  }

  @Field(() => Proportion, { description: 'The same, where an error is a label that is not among the five highest scores.' })
  get cleanErrorRateTop5(): Proportion {
    return wilson(this.row.cleanTargetErrorsTop5, this.n);
  }

  @Field(() => Proportion, {
    description: 'Symmetric: the share of the original images to which both models give the same class, right or wrong.',
  })
  get agreement(): Proportion {
    return wilson(this.row.cleanAgreements, this.n);
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'Symmetric: Cohen’s kappa of the classes that both give to the original images: 1 for full agreement, 0 for what chance gives; null where both give one class only.',
  })
  get kappa(): number | null {
    return this.row.cleanKappa;
  }

  @Column(() => Float, {
    nullable: true,
    description:
      'Symmetric: mean of `rate` from source to target and from target to source, under the same attack on the same examples; null where one of the two is missing here.',
  })
  readonly symmetricRate!: number | null;
}

@ObjectType({
  implements: RequestedNode,
  description: 'Adversarial images of some models, on which others are evaluated. The images are those of evaluations; each is made once.',
})
export class Transfer extends RequestedNode {
  constructor(readonly row: TransferRow) {
    super('Transfer', row.id);
  }

  @Column(() => Int, { description: 'Position of the first example in the data set.' })
  readonly offset!: number;

  @Column(() => Int, { description: 'Number of examples.' })
  readonly sampleCount!: number;

  @Column(() => Int, { description: 'Seed of everything random.' })
  readonly seed!: number;

  @Column(() => Judging, { description: 'What success on the sources was decided on, and what the targets were asked about.' })
  readonly judging!: Judging;
}

export const TransferConnection = connectionOf('Transfer', Transfer);
export type TransferConnection = InstanceType<typeof TransferConnection>;

export const TransferOrder = creationOrder('Transfer', 'transfers');
export type TransferOrder = InstanceType<typeof TransferOrder>;
