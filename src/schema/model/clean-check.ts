import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { CleanCheck as Check, OrderAdvice, TriedPreparation as Tried } from '../../compute/models/index.js';
import { wilson } from '../../compute/statistics/index.js';
import { Proportion } from '../statistics/proportion.js';
import { ChannelOrder, ImageLayout } from './enums.js';

@ObjectType({ description: 'A usual preparation of pixels: fields of `ModelSpecInput`, and how a model did with it.' })
export class TriedPreparation {
  constructor(
    private readonly tried: Tried,
    private readonly n: number,
  ) {}

  @Field(() => [Float], { description: 'Range of pixels before mean and std.' })
  get valueRange(): readonly number[] {
    return this.tried.valueRange;
  }

  @Field(() => ChannelOrder, { description: 'Order of colour channels.' })
  get channelOrder(): `${ChannelOrder}` {
    return this.tried.channelOrder;
  }

  @Field(() => [Float], { nullable: true, description: 'Mean of each channel, in units of `valueRange`.' })
  get mean(): readonly number[] | undefined {
    return this.tried.mean;
  }

  @Field(() => [Float], { nullable: true, description: 'Standard deviation of each channel, in units of `valueRange`.' })
  get std(): readonly number[] | undefined {
    return this.tried.std;
  }

  @Field(() => ImageLayout, { nullable: true, description: 'Order of the axes, where it is another than the given one or was given.' })
  get layout(): `${ImageLayout}` | undefined {
    return this.tried.layout;
  }

  @Field(() => Proportion, { description: 'Accuracy with it.' })
  get accuracy(): Proportion {
    return wilson(this.tried.right, this.n);
  }
}

@ObjectType({ description: 'An order of classes with which a model is right on images that it is wrong on with the order that it has.' })
export class ClassOrderAdvice {
  constructor(private readonly advice: OrderAdvice) {}

  @Field(() => String, { description: 'What the order is.' })
  get description(): string {
    return this.advice.description;
  }

  @Field(() => [Int], { description: 'For each class of the network that of the data set, as `spec.classMap` takes it; -1: none.' })
  get classMap(): readonly number[] {
    return this.advice.classMap;
  }

  @Field(() => Proportion, { description: 'Accuracy with it, on images that it was not fitted to.' })
  get accuracy(): Proportion {
    return wilson(this.advice.right, this.advice.n);
  }
}

@ObjectType({ description: 'A model on clean images at its validation and, where it was hardly right on them, what would bring it back.' })
export class CleanCheck {
  constructor(private readonly check: Check) {}

  @Field(() => String, { description: 'Name of the data set.' })
  get dataset(): string {
    return this.check.dataset;
  }

  @Field(() => Proportion, { description: 'Accuracy as it was submitted.' })
  get accuracy(): Proportion {
    return wilson(this.check.right, this.check.n);
  }

  @Field(() => Boolean, { description: 'Whether that is less than was expected or, without an expectation, hardly more than guessing.' })
  get isPoor(): boolean {
    return this.check.isPoor;
  }

  @Field(() => [TriedPreparation], { description: 'Preparations of pixels that were tried where it is poor.' })
  get tried(): TriedPreparation[] {
    return this.check.tried.map((one) => new TriedPreparation(one, this.check.n));
  }

  @Field(() => TriedPreparation, { nullable: true, description: 'That which brings it back; null where none does.' })
  get best(): TriedPreparation | null {
    const { best, tried, n } = this.check;
    return best === null ? null : new TriedPreparation(tried[best]!, n);
  }

  @Field(() => ClassOrderAdvice, {
    nullable: true,
    description: 'Another order of the classes that brings it back; null where none was found.',
  })
  get classOrder(): ClassOrderAdvice | null {
    return this.check.order && new ClassOrderAdvice(this.check.order);
  }
}
