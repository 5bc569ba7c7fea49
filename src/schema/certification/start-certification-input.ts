import { Field, Float, ID, InputType, Int } from 'type-graphql';
import type { CertificationMethod } from '../../compute/evaluation/index.js';
import { CertificationMethodName } from './certification-method.js';
import { Judging } from '../attack/judging.js';
import { Device, DEVICE } from '../job/device.js';

const JUDGING_OF_CERTIFICATES =
  'Which images the certified accuracy at a radius is about; by default `STORED`, where the data has 8 bits. Noise is added to floats and is not rounded, as in the paper, so that a certificate holds for both.';

@InputType({ description: 'A model to certify, by randomized smoothing or by bounds of the network.' })
export class StartCertificationInput {
  @Field(() => ID, { description: 'Id of the model: one that was trained with noise, or it certifies little.' })
  modelId!: string;

  @Field(() => ID, { description: 'Id of the data set.' })
  datasetId!: string;

  @Field(() => CertificationMethodName, {
    defaultValue: 'SMOOTHING',
    description: 'How. Bounds of the network (IBP, CROWN_IBP, CROWN) need no noise, and have radii in L∞.',
  })
  method!: CertificationMethod;

  @Field(() => Float, {
    nullable: true,
    description:
      'σ of the noise, as a fraction of the pixel range. The paper takes 0.12, 0.25, 0.5 and 1. Uniform noise of this standard deviation lies in ± √3 σ. Not for bounds.',
  })
  sigma?: number;

  @Field(() => [Float], {
    nullable: true,
    description:
      'Radii at which certified accuracy will be read. The noisy copies of an example, up to n, end once it is decided at all of them: n = 100,000 then costs little more than 1,000 for most. The confidence α is divided among the looks.',
  })
  stopRadii?: number[];

  @Field(() => Int, { defaultValue: 100, description: 'n₀: noisy copies of each image that choose its class.' })
  selectionSamples!: number;

  @Field(() => Int, {
    defaultValue: 1000,
    description: 'n: noisy copies that estimate how likely it is. More reach farther: the paper takes 100,000.',
  })
  estimationSamples!: number;

  @Field(() => Float, { defaultValue: 0.001, description: 'α: probability that the certificate of an example is wrong.' })
  alpha!: number;

  @Field(() => Judging, { nullable: true, description: JUDGING_OF_CERTIFICATES })
  judging?: Judging;

  @Field(() => Int, { nullable: true, description: 'Number of examples; by default 1000, or what the data set has.' })
  sampleCount?: number;

  @Field(() => Int, { defaultValue: 0, description: 'Position of the first example in the data set.' })
  offset!: number;

  @Field(() => Int, { defaultValue: 0, description: 'Seed of the noise. Same inputs, same seed: same numbers.' })
  seed!: number;

  @Field(() => Device, { defaultValue: Device.AUTO, description: DEVICE })
  device!: Device;
}
