import { Field, ID, InputType, Int } from 'type-graphql';
import { AttackInput } from '../attack/attack-input.js';
import { AttackKindName } from '../attack/attack-kind.js';
import { Magnitude } from '../scalars/magnitude.js';
import { ExamplesInput } from '../statistics/statistics-inputs.js';
import { Device, DEVICE } from '../job/device.js';
import { Judging, JUDGING } from '../attack/judging.js';

@InputType({ description: 'Models to attack, and models to evaluate on the images.' })
export class StartTransferInput {
  @Field(() => [ID], {
    description: 'Ids of the sources: each is evaluated under each attack and budget, and its adversarial images are kept.',
  })
  sourceIds!: string[];

  @Field(() => [ID], { description: 'Ids of the targets, which are evaluated on the images. A source may be among them.' })
  targetIds!: string[];

  @Field(() => ID, { description: 'Id of the data set.' })
  datasetId!: string;

  @Field(() => [AttackInput], { description: 'Attacks to run.' })
  attacks!: AttackInput[];

  @Field(() => [Magnitude], {
    nullable: true,
    description: 'Budgets in place of the `epsilon` of every attack that has one, also of those in lists.',
  })
  epsilons?: number[];

  @Field(() => Judging, { nullable: true, description: JUDGING })
  judging?: Judging;

  @Field(() => Int, { nullable: true, description: 'Number of examples; by default 1000, or what the data set has.' })
  sampleCount?: number;

  @Field(() => Int, { defaultValue: 0, description: 'Position of the first example in the data set.' })
  offset!: number;

  @Field(() => Int, { defaultValue: 0, description: 'Seed of everything random. Same inputs, same seed: same numbers.' })
  seed!: number;

  @Field(() => Device, { defaultValue: Device.AUTO, description: DEVICE })
  device!: Device;
}

@InputType({ description: 'Which results a matrix shows. What is given must hold, all together.' })
export class TransferMatrixInput extends ExamplesInput {
  @Field(() => [ID], { nullable: true, description: 'From these sources; by default from all.' })
  sourceIds?: string[];

  @Field(() => [ID], { nullable: true, description: 'To these targets; by default to all.' })
  targetIds?: string[];

  @Field(() => [String], { nullable: true, description: 'Between models of these built-in architectures.' })
  architectures?: string[];

  @Field(() => [AttackKindName], { nullable: true, description: 'Under these attacks.' })
  attackKinds?: string[];

  @Field(() => [Magnitude], { nullable: true, description: 'With these budgets.' })
  epsilons?: number[];

  @Field(() => Judging, {
    defaultValue: Judging.STORED,
    description: 'What success on the sources was decided on; cells of both judgings cannot be compared.',
  })
  judging!: Judging;

  @Field(() => Int, { nullable: true, description: 'With this seed.' })
  seed?: number;
}
