/** TensorFlow Serving's REST API, which is KServe's V1 protocol too. @module */
import { z } from 'zod';
import type { HostTensor } from '../../../../tensors/index.js';
import { parseJson } from './parse-json.js';
import type { Protocol } from './types.js';

const answer = z.object({ predictions: z.array(z.number()).or(z.array(z.array(z.number()))) });

export const json: Protocol = {
  description:
    'TensorFlow Serving and KServe V1. Sent: `{"instances": [image, …]}`, each image nested lists of numbers. Answered: `{"predictions": [[score, …], …]}`, or `[label, …]`.',
  encode: (images) => ({
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ instances: nested(images) }),
  }),
  decode: (body) => parseJson(body, answer).predictions.flat(),
};

function nested({ shape, data }: HostTensor): unknown[] {
  let lists: unknown[] = Array.from(data);
  for (const size of shape.slice(1).toReversed()) {
    lists = Array.from({ length: lists.length / size }, (_, i) => lists.slice(i * size, (i + 1) * size));
  }
  return lists;
}
