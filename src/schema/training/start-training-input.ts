import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { Visibility } from '../model/visibility.js';
import { Magnitude } from '../scalars/magnitude.js';
import { OptimizerInput, ScheduleInput, TrainingSchemeInput } from './described-input.js';
import { ExtraDatasetInput } from './extra-dataset.js';
import { ArchitectureInput } from '../model/architecture-input.js';
import { Device, DEVICE } from '../job/device.js';

@InputType({ description: 'Random changes of the images that a network is trained on.' })
export class AugmentationInput {
  @Field(() => Int, { defaultValue: 0, description: 'Most pixels that an image is moved by in either direction, black pixels following.' })
  shift!: number;

  @Field(() => Boolean, { defaultValue: false, description: 'Mirror left and right in half of the cases.' })
  mirror!: boolean;
}

@InputType({ description: 'What is added to the loss and to the gradient of every scheme.' })
export class RegularisationInput {
  @Field(() => Float, { defaultValue: 0, description: 'Share of the target that is spread over all classes. Inception v3 takes 0.1.' })
  labelSmoothing!: number;

  @Field(() => Float, { defaultValue: 0.4, description: 'Weight of the loss of the auxiliary head, where the network has one.' })
  auxiliaryWeight!: number;

  @Field(() => Float, { defaultValue: 0, description: 'λ of λ/2 ‖w‖² over kernels.' })
  weightDecay!: number;

  @Field(() => Float, { defaultValue: 0, description: 'Most that the gradient of all weights together may be long; 0: no limit.' })
  gradientClip!: number;

  @Field(() => Float, {
    defaultValue: 0,
    description: 'Share of the running average of the weights that is kept at a step; the average is what is validated and kept. 0: none.',
  })
  averageDecay!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Stochastic weight averaging: from this share of all steps on, the plain mean of the weights is what is validated and kept. In plain training the moving statistics of batch norm are computed again for it; of other schemes they are the mean of those of the steps. Not together with `averageDecay`. Absent: none.',
  })
  averageFrom?: number;
}

@InputType({ description: 'Images on which the network is measured in the course of training.' })
export class TrainingValidationInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Data set; by default the one that is trained on. Examples of that one are held out: they are not trained on.',
  })
  datasetId?: string;

  @Field(() => Int, { defaultValue: 0, description: 'Position of the first example.' })
  offset!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of examples; by default 1000, or what the data set has; of the data set that is trained on, at most a tenth.',
  })
  sampleCount?: number;

  @Field(() => Magnitude, { defaultValue: 8 / 255, description: 'Budget (L∞) of FGSM and PGD.' })
  epsilon!: number;

  @Field(() => Int, { defaultValue: 10, description: 'Steps of PGD.' })
  iterations!: number;
}

@InputType({
  description:
    'When training ends before its last step. With any of these rules the model has the weights of the best iterative accuracy; without, the last ones.',
})
export class StoppingInput {
  @Field(() => Int, { defaultValue: 0, description: 'Points of the series without a better iterative accuracy; 0: never.' })
  patience!: number;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'End at catastrophic overfitting: iterative accuracy fell by 0.2 below its best, and one-step accuracy did not.',
  })
  detectOverfitting!: boolean;
}

@InputType({ description: 'A training run, and the model that comes of it.' })
export class StartTrainingInput {
  @Field(() => String, { description: 'Name of the model, as in `SubmitModelInput`.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What others should know about it, up to 2000 characters.' })
  description?: string;

  @Field(() => Visibility, { defaultValue: Visibility.PRIVATE, description: 'Who sees the model, once it is trained, and the run.' })
  visibility!: Visibility;

  @Field(() => ID, { nullable: true, description: 'Model to start from, which is not changed; or give `architecture`.' })
  modelId?: string;

  @Field(() => ArchitectureInput, {
    nullable: true,
    description: "Built-in architecture to start from; its image size and classes are by default the data set's.",
  })
  architecture?: ArchitectureInput;

  @Field(() => ID, { description: 'Data set to train on.' })
  datasetId!: string;

  @Field(() => [ExtraDatasetInput], {
    defaultValue: [],
    description: 'Further data sets, each with a share of every minibatch; what remains of it is of the data set to train on.',
  })
  extraDatasets!: ExtraDatasetInput[];

  @Field(() => TrainingSchemeInput, { description: 'What is trained on, and by which loss.' })
  scheme!: TrainingSchemeInput;

  @Field(() => OptimizerInput, { description: 'How gradients change weights.' })
  optimizer!: OptimizerInput;

  @Field(() => ScheduleInput, { description: 'The learning rate by step.' })
  schedule!: ScheduleInput;

  @Field(() => Int, { defaultValue: 0, description: 'Steps over which the learning rate rises to that of the schedule.' })
  warmUpSteps!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Length of the run in passes over the data set, extra ones not counted; or give `steps`.',
  })
  epochs?: number;

  @Field(() => Int, { nullable: true, description: 'Length of the run in minibatches; or give `epochs`.' })
  steps?: number;

  @Field(() => Int, { defaultValue: 32, description: 'm: images of a minibatch.' })
  batchSize!: number;

  @Field(() => Int, { defaultValue: 0, description: 'Seed of the order of images and of everything else that is random.' })
  seed!: number;

  @Field(() => AugmentationInput, { defaultValue: { shift: 0, mirror: false }, description: 'Random changes of the images.' })
  augmentation!: AugmentationInput;

  @Field(() => RegularisationInput, {
    defaultValue: { labelSmoothing: 0, auxiliaryWeight: 0.4, weightDecay: 0, gradientClip: 0, averageDecay: 0 },
    description: 'What is added to the loss and to the gradient.',
  })
  regularisation!: RegularisationInput;

  @Field(() => TrainingValidationInput, {
    defaultValue: { offset: 0, epsilon: 8 / 255, iterations: 10 },
    description: 'Where the network is measured.',
  })
  validation!: TrainingValidationInput;

  @Field(() => StoppingInput, { defaultValue: { patience: 0, detectOverfitting: false }, description: 'When training ends early.' })
  stopping!: StoppingInput;

  @Field(() => Int, { defaultValue: 500, description: 'Steps from one point of the series, with its checkpoint, to the next.' })
  interval!: number;

  @Field(() => Int, { defaultValue: 2, description: 'Checkpoints that are kept, the latest ones.' })
  checkpointsKept!: number;

  @Field(() => Device, { defaultValue: Device.AUTO, description: DEVICE })
  device!: Device;
}
