/** Paired comparison of two yes/no outcomes on the same examples. @module */

/**
 * Exact one-sided McNemar test: how likely at least `first` of the discordant pairs fall to the first side when both are equally likely.
 * @param first pairs where only the first is right. @param second pairs where only the second is right.
 */
export function mcnemarExact(first: number, second: number): number {
  const n = first + second;
  if (n === 0) return 1;
  // Binomial tail with p = 1/2, in logarithms: 2^-n underflows from n = 1075 on.
  let logTerm = -n * Math.LN2;
  const logTerms = [logTerm];
  for (let k = 1; k <= n; k++) {
    logTerm += Math.log(n - k + 1) - Math.log(k);
    logTerms.push(logTerm);
  }
  const tail = logTerms.slice(first).reduce((sum, term) => sum + Math.exp(term), 0);
  return Math.min(1, tail);
}
