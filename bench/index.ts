/**
 * Speed of attacks and training: `npm run bench -- [--models m1,m2,m3,m4,m5] [--batch 64] [--seconds 5] [--threads N] [--engine NAME] [--json FILE]`.
 * Images a second of the forward pass, FGSM, iter. basic (10 steps), a step of SGD, and one of Algorithm 1 (at best 1.33 times as long); `--seconds` is how
 * long each is repeated. `--micro-batch N` spares the search for the best size, and `--product-size 768` is that of the matrix products that shares are taken of.
 */
import { runBenchmark } from './run.js';

await runBenchmark({ training: true });
