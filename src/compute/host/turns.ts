/** Work that takes turns. @module */

export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` when all that was given the same name before has ended, however it ended. */
  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(name) ?? Promise.resolve()).then(work);
    const ended = turn.then(
      () => undefined,
      () => undefined,
    );
    this.last.set(name, ended);
    void ended.then(() => {
      if (this.last.get(name) === ended) this.last.delete(name);
    });
    return turn;
  }
}
