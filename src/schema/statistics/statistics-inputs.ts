/** What statistics across evaluations are about. They count evaluations that have finished, of models that are ready and that the viewer sees. @module */
import { Field, ID, InputType, Int, registerEnumType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { ParameterValues } from '../../compute/parameters/index.js';
import { AttackKindName } from '../attack/attack-kind.js';
import { Norm } from '../attack/norm.js';
import { ThreatModelInput } from '../worst-case/worst-case-input.js';
import { Magnitude } from '../scalars/magnitude.js';

@InputType()
export class ExamplesInput {
  @Field(() => ID, { description: 'Id of the data set.' })
  datasetId!: string;

  @Field(() => Int, { nullable: true, description: 'Only evaluations whose first example is at this position.' })
  offset?: number;

  @Field(() => Int, { nullable: true, description: 'Only evaluations of this many examples.' })
  sampleCount?: number;
}

@InputType({ description: 'Models and the attack whose budget grows.' })
export class RobustnessCurveInput extends ExamplesInput {
  @Field(() => [ID], { description: 'Ids of the models, 100 at most.' })
  modelIds!: string[];

  @Field(() => AttackKindName, { description: 'The attack.' })
  attackKind!: string;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'Values that some of its other parameters must have, such as `{steps: 40}`, as `attack { parameters }` of an evaluation shows them.',
  })
  parameters?: ParameterValues;
}

@InputType({ description: 'A data set and a threat model.' })
export class LeaderboardInput extends ExamplesInput {
  @Field(() => Norm, { description: 'How the size of perturbations is measured.' })
  norm!: Norm;

  @Field(() => Magnitude, { description: 'The budget: attacks with this one count.' })
  epsilon!: number;

  @Field(() => [AttackKindName], {
    nullable: true,
    description:
      'Only these attacks, and only models that were attacked by all of them with the same parameters. By default the attacks that half of the models or more share.',
  })
  attackKinds?: string[];
}

const CorruptionBaseline = { ALEXNET: 'ALEXNET' } as const;

registerEnumType(CorruptionBaseline, {
  name: 'CorruptionBaseline',
  description: 'Published errors that others are divided by.',
  valuesConfig: { ALEXNET: { description: 'AlexNet on ImageNet-C, as in the paper and on its leaderboard.' } },
});

@InputType({ description: 'Models under common corruptions: evaluations of the attack `corruption` count.' })
export class CorruptionSummaryInput extends ExamplesInput {
  @Field(() => [ID], { description: 'Ids of the models, 100 at most.' })
  modelIds!: string[];

  @Field(() => ID, {
    nullable: true,
    description:
      'A model by whose errors on the same examples those of the others are divided. Without a baseline there is no corruption error.',
  })
  baselineModelId?: string;

  @Field(() => CorruptionBaseline, { nullable: true, description: 'Published errors to divide by; not with `baselineModelId`.' })
  baseline?: 'ALEXNET';

  @Field(() => ID, {
    nullable: true,
    description:
      'A data set of the format `cifar10-c` or `imagenet-c`, made of the images of `datasetId` in the same order: accuracies are those on the published images, whatever they were attacked by. `offset` counts within a corruption and severity. Default: corruptions are those that are computed here.',
  })
  publishedDatasetId?: string;

  @Field(() => ThreatModelInput, {
    nullable: true,
    description: 'Adversarial accuracy is that of the leaderboard of this threat model on the same examples. Default: none is given.',
  })
  threat?: ThreatModelInput;
}

@InputType({ description: 'Models, and what they are compared on.' })
export class CompareModelsInput extends ExamplesInput {
  @Field(() => [ID], { description: 'Ids of the models, 2 to 50.' })
  modelIds!: string[];

  @Field(() => AttackKindName, { nullable: true, description: 'The attack; by default clean images are compared.' })
  attackKind?: string;

  @Field(() => Magnitude, { nullable: true, description: 'Its budget; none means evaluations without limit.' })
  epsilon?: number;

  @Field(() => [ID], {
    nullable: true,
    description:
      'Only these evaluations, also those that are judged on floats. Default: of each model the newest that is judged as the others are.',
  })
  evaluationIds?: string[];
}

@InputType({ description: 'Where to look for label leaking. What is given must hold, all together.' })
export class LabelLeakingInput extends ExamplesInput {
  @Field(() => [ID], { nullable: true, description: 'Of these models, 100 at most.' })
  modelIds?: string[];

  @Field(() => [AttackKindName], { nullable: true, description: 'Under these attacks; those that take more than one step are left out.' })
  attackKinds?: string[];

  @Field(() => Magnitude, { nullable: true, description: 'With this budget.' })
  epsilon?: number;
}

@InputType({ description: 'The attack under which networks of different widths are compared.' })
export class CapacityCurveInput extends ExamplesInput {
  @Field(() => AttackKindName, { description: 'The attack.' })
  attackKind!: string;

  @Field(() => Magnitude, { description: 'Its budget.' })
  epsilon!: number;

  @Field(() => String, { nullable: true, description: 'Only this architecture, such as `resnet-20`.' })
  architecture?: string;

  @Field(() => String, { nullable: true, description: 'Only models trained by this scheme, such as `algorithm1`.' })
  scheme?: string;
}
