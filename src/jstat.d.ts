/** What we use of jStat, which has no types of its own. @module */
declare module 'jstat' {
  interface Statistics {
    readonly beta: {
      cdf(value: number, alpha: number, beta: number): number;
      inv(probability: number, alpha: number, beta: number): number;
    };
    readonly normal: {
      cdf(value: number, mean: number, deviation: number): number;
      inv(probability: number, mean: number, deviation: number): number;
    };
    readonly studentt: { inv(probability: number, degreesOfFreedom: number): number };
  }
  const statistics: Statistics;
  export default statistics;
}
