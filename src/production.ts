/**
 * To be imported before all else. Without a NODE_ENV, GraphQL checks each value of an answer as for a developer, which makes large ones slower. And before there are
 * threads, they are told to share heaps, which leaves the server a hundred megabytes smaller.
 * @module
 */
import { shareHeaps } from './compute/memory/index.js';

const HEAPS = 2;

process.env.NODE_ENV ??= 'production';
shareHeaps(HEAPS);
