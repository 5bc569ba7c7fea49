/** Counters that go on where a process ends and another begins. @module */

export class CountedOverProcesses<Counts extends object> {
  /** Of processes that have ended. */
  private before: Counts | undefined;
  private last: Counts | undefined;

  /** @param counts of the process that there is. @returns of all. */
  update(counts: Counts): Counts {
    this.last = counts;
    return sum(counts, this.before);
  }

  /** The process has ended. What it counted since it was last asked is lost. */
  end(): void {
    this.before = this.total();
    this.last = undefined;
  }

  /** As far as they are known. */
  total(): Counts | undefined {
    return this.last ? sum(this.last, this.before) : this.before;
  }
}

function sum<Counts extends object>(some: Counts, others: Counts | undefined): Counts {
  if (!others) return some;
  const entries = Object.entries(some) as [keyof Counts, number][];
  return Object.fromEntries(entries.map(([name, value]) => [name, value + (others[name] as number)])) as Counts;
}
