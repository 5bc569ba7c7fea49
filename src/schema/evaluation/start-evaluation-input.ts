import { Field, ID, InputType, Int } from 'type-graphql';
import { AttackInput } from '../attack/attack-input.js';
import { Magnitude } from '../scalars/magnitude.js';
import { Judging, JUDGING } from '../attack/judging.js';
import { PREDICTIONS } from './predictions.js';
import { Device, DEVICE } from '../job/device.js';

@InputType({ description: 'Models to attack: each model under each attack and budget is one evaluation.' })
export class StartEvaluationInput {
  @Field(() => ID, { nullable: true, description: 'Id of the model, where it is one. Not together with `modelIds`.' })
  modelId?: string;

  @Field(() => [ID], { nullable: true, description: 'Ids of the models, where they are several.' })
  modelIds?: string[];

  @Field(() => ID, { description: 'Id of the data set.' })
  datasetId!: string;

  @Field(() => [AttackInput], { description: 'Attacks to run.' })
  attacks!: AttackInput[];

  @Field(() => [Magnitude], {
    nullable: true,
    description:
      'Budgets, each an evaluation of its own, in place of the `epsilon` of every attack that has one, also of those in lists. They share the predictions on the original images.',
  })
  epsilons?: number[];

  @Field(() => Int, { nullable: true, description: 'Number of examples; by default 1000, or what the data set has.' })
  sampleCount?: number;

  @Field(() => Int, { defaultValue: 0, description: 'Position of the first example in the data set.' })
  offset!: number;

  @Field(() => Int, { defaultValue: 0, description: 'Seed of everything random. Same inputs, same seed: same numbers.' })
  seed!: number;

  @Field(() => Judging, { nullable: true, description: JUDGING })
  judging?: Judging;

  @Field(() => Int, { defaultValue: 1, description: PREDICTIONS })
  predictions!: number;

  @Field(() => [Int], {
    nullable: true,
    description:
      'For each class of the models, in the order of their outputs, that of the data set; -1: none. It comes after the class map that a model was submitted with. Several classes may become one. Evaluations with a map are compared with those of the same map by `worstCase` and findings, and are on no leaderboard, curve or other statistic: submit the model with the map for that.',
  })
  classMap?: number[];

  @Field(() => Boolean, {
    nullable: true,
    description: 'The same by names: each class of the models becomes that of the data set of the same name. Not together with `classMap`.',
  })
  matchClasses?: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Keep the adversarial images. Where an equal evaluation is there without them, its attack is run again to make them, and they are added to it.',
  })
  keepImages!: boolean;

  @Field(() => Device, { defaultValue: Device.AUTO, description: DEVICE })
  device!: Device;
}
