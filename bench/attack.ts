/** Speed of attacks alone: `npm run bench:attack`, with the options of `npm run bench`. */
import { runBenchmark } from './run.js';

await runBenchmark({ training: false });
