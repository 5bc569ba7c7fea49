import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';
import { Field, ID, InputType, Int } from 'type-graphql';
import { AttackInput } from '../attack/attack-input.js';
import { Judging } from '../attack/judging.js';
import { Norm } from '../attack/norm.js';
import { Visibility } from '../model/visibility.js';
import { Magnitude } from '../scalars/magnitude.js';

@InputType({ description: 'Which benchmarks. What is given must hold, all together.' })
export class BenchmarkFilter {
  @Field(() => String, { nullable: true, description: 'Versions of this name.' })
  name?: string;

  @Field(() => [ID], { nullable: true, description: 'On these data sets.' })
  datasetIds?: string[];
}

@InputType({ description: 'A protocol. Under a name that is there it is the next version.' })
export class CreateBenchmarkInput {
  @Field(() => String, { description: 'Name, such as `cifar10-linf-8/255`.' })
  name!: string;

  @Field(() => String, { description: 'Title, up to 200 characters.' })
  title!: string;

  @Field(() => String, { description: 'Rules, in Markdown, up to 20,000 characters.' })
  rules!: string;

  @Field(() => ID, { description: 'Id of the data set.' })
  datasetId!: string;

  @Field(() => Norm, { description: 'Norm of the threat model.' })
  norm!: Norm;

  @Field(() => Magnitude, { description: 'Its budget.' })
  epsilon!: number;

  @Field(() => [AttackInput], {
    description: 'Attacks, inside the threat model. An example counts as right if it is so under all of them.',
  })
  attacks!: AttackInput[];

  @Field(() => Int, { defaultValue: 0, description: 'Position of the first example in the data set.' })
  offset!: number;

  @Field(() => Int, { nullable: true, description: 'Number of examples; by default all from `offset` on.' })
  sampleCount?: number;

  @Field(() => Int, { defaultValue: 0, description: 'Seed of everything random.' })
  seed!: number;

  @Field(() => Judging, { defaultValue: Judging.STORED, description: 'What success is decided on.' })
  judging!: Judging;

  @Field(() => Int, {
    defaultValue: 1,
    description: 'Predictions whose majority decides on the class of an image, for models that are random.',
  })
  predictions!: number;

  @Field(() => Visibility, { defaultValue: Visibility.PUBLIC, description: 'PUBLIC: for everyone with a token. PRIVATE: for admins.' })
  visibility!: Visibility;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Keep to admins on which examples models are compared, and how each came out, until the benchmark closes.',
  })
  heldOut!: boolean;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'From when on models can be entered.' })
  opensAt?: Date;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'Until when.' })
  closesAt?: Date;

  @Field(() => Int, { nullable: true, description: 'Entries that one owner may make in 24 hours.' })
  entriesPerDay?: number;
}

@InputType({ description: 'A model to run under the protocol.' })
export class EnterBenchmarkInput {
  @Field(() => ID, { description: 'Id of the benchmark.' })
  benchmarkId!: string;

  @Field(() => ID, { description: 'Id of a model of yours that is LISTED or PUBLIC.' })
  modelId!: string;
}

@InputType({ description: 'The newest version of a benchmark, in which the models of the versions before are entered.' })
export class EnterAgainInput {
  @Field(() => ID, { description: 'Id of the benchmark.' })
  benchmarkId!: string;
}

@InputType({ description: 'A file of `model_info` of RobustBench, of the threat model of the benchmark.' })
export class ClaimedEntryInput {
  @Field(() => String, { description: 'Its name, without `.json`.' })
  key!: string;

  @Field(() => GraphQLJSONObject, { description: 'What it holds.' })
  info!: unknown;
}

@InputType({ description: 'What others published on data and threat model of a benchmark. It replaces what was imported for it before.' })
export class ImportRobustBenchInput {
  @Field(() => ID, { description: 'Id of the benchmark.' })
  benchmarkId!: string;

  @Field(() => [ClaimedEntryInput], { description: 'The files, 1,000 at most; none: what was imported is removed.' })
  entries!: ClaimedEntryInput[];
}

@InputType({ description: 'Where to enter the models that came with the server.' })
export class EnterShippedInput {
  @Field(() => ID, { nullable: true, description: 'Id of a benchmark; by default the newest version of each that is open.' })
  benchmarkId?: string;
}
