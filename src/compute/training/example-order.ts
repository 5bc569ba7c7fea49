/** The order of a data set's examples over all epochs, from a seed: which of them the minibatch of an index takes. @module */
import { randomStream, shuffledIndices } from '../random.js';

export interface ExampleRange {
  /** Position of the first. */
  readonly offset: number;
  readonly count: number;
}

interface OrderOptions {
  /** Of each minibatch. What is left over at the end of an epoch is in the next one's order again. */
  readonly count: number;
  /** Examples that are left out. */
  readonly heldOut?: ExampleRange;
}

export class ExampleOrder {
  private readonly exampleCount: number;
  private readonly perEpoch: number;
  private order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  /** @param purpose of the random numbers. @param exampleCount of the data set, with those that are left out. */
  constructor(
    private readonly seed: number,
    private readonly purpose: string,
    exampleCount: number,
    private readonly options: OrderOptions,
  ) {
    this.exampleCount = exampleCount - (options.heldOut?.count ?? 0);
    this.perEpoch = Math.floor(this.exampleCount / options.count);
  }

  /** Positions in the data set. @param index of the minibatch, counted from 0 over all epochs. */
  at(index: number): Uint32Array {
    const { count } = this.options;
    const place = index % this.perEpoch;
    return this.orderOf(Math.floor(index / this.perEpoch)).subarray(place * count, (place + 1) * count);
  }

  private orderOf(epoch: number): Uint32Array {
    if (this.order?.epoch !== epoch) {
      const { heldOut = { offset: 0, count: 0 } } = this.options;
      const order = shuffledIndices(randomStream(this.seed, this.purpose, epoch), this.exampleCount);
      this.order = { epoch, indices: order.map((index) => (index < heldOut.offset ? index : index + heldOut.count)) };
    }
    return this.order.indices;
  }
}
