/** How often something succeeded of late: a queue of a fixed length, whose oldest outcome leaves as the newest comes. @module */

export class OutcomeWindow {
  private readonly outcomes: boolean[] = [];

  /** @param size outcomes that it holds. */
  constructor(private readonly size: number) {}

  add(isSuccess: boolean): void {
    this.outcomes.push(isSuccess);
    if (this.outcomes.length > this.size) this.outcomes.shift();
  }

  /** Share of successes; undefined until the window is full. */
  get rate(): number | undefined {
    if (this.outcomes.length < this.size) return undefined;
    return this.outcomes.filter(Boolean).length / this.size;
  }

  clear(): void {
    this.outcomes.length = 0;
  }
}
