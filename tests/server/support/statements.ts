/** SQL that the requests of a test cost. @module */

/** What a server sends besides: who asks, which is looked up for each request, and once a minute the jobs that may be lost. */
const BESIDES = /"Token"|"Job"\."kind" = .*"Job"\."createdAt" </;

export class Statements {
  private sent: string[] = [];

  /** For the options of a server. */
  readonly onQuery = (sql: string): void => {
    this.sent.push(sql);
  };

  /** @returns what `work` resolves to, and the statements that were sent meanwhile. */
  async during<Result>(work: () => Promise<Result>): Promise<[Result, string[]]> {
    this.sent = [];
    const result = await work();
    return [result, this.sent.filter((sql) => !BESIDES.test(sql))];
  }
}
