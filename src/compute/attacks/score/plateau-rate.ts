/** The length of NES's steps: shortened where the loss has stopped falling, as in the authors' code (Ilyas et al. 2018). @module */

export class PlateauRate {
  private losses: number[] = [];

  /**
   * @param rate of the first steps. @param length losses that are compared, the last with the first. @param drop what the rate is divided by.
   * @param least the rate does not fall below it.
   */
  constructor(
    private rate: number,
    private readonly length: number,
    private readonly drop: number,
    private readonly least: number,
  ) {}

  /** @param loss at the image that the next step starts from; the attack lowers it. @returns the rate of that step. */
  after(loss: number): number {
    this.losses = [...this.losses, loss].slice(-this.length);
    if (this.losses.length === this.length && loss > this.losses[0]!) {
      if (this.rate > this.least) this.rate = Math.max(this.rate / this.drop, this.least);
      this.losses = [];
    }
    return this.rate;
  }
}
