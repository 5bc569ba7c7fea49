/** The Open Inference Protocol over REST, of KServe V2, Triton and MLServer. @module */
import { z } from 'zod';
import { parseJson } from './parse-json.js';
import type { Protocol } from './types.js';

const answer = z.object({ outputs: z.tuple([z.object({ data: z.array(z.number()) })]) });

export const kserveV2: Protocol = {
  description:
    'KServe V2, Triton, MLServer. Sent: `{"inputs": [{"name": "input", "shape": […], "datatype": "FP32", "data": […]}]}`, the numbers in one list. Answered: `{"outputs": [{"data": […]}]}` with one output, row by row.',
  encode: ({ shape, data }) => ({
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'input', shape, datatype: 'FP32', data: Array.from(data) }] }),
  }),
  decode: (body) => parseJson(body, answer).outputs[0].data,
};
