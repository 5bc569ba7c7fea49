/** Pages of the examples of an evaluation, which are in memory once their evaluation is read. @module */
import { isSuccess, type Outcomes } from '../results/outcomes.js';
import type { EvaluationRow } from '../schema/objects/evaluation.js';
import { Example } from '../schema/objects/example.js';
import type { ConnectionPage } from '../schema/relay/connection.js';
import type { PageArgs } from '../schema/relay/page-args.js';
import { badInput, pageSize } from './pagination.js';

/** @param imageSize pixel values of one image. @param success only those where the attack succeeded, or did not; undefined: all. */
export function examplePage(
  row: EvaluationRow,
  outcomes: Outcomes,
  imageSize: number,
  page: PageArgs,
  success: boolean | undefined,
): ConnectionPage<Example> {
  const { size, backward } = pageSize(page);
  const positions = Array.from({ length: outcomes.count }, (_, i) => i).filter(
    (i) => success === undefined || isSuccess(outcomes, i) === success,
  );
  const from = page.after ? positions.findIndex((i) => i > decode(page.after!)) : 0;
  const to = page.before ? positions.findIndex((i) => i >= decode(page.before!)) : positions.length;
  const range = positions.slice(from < 0 ? positions.length : from, to < 0 ? positions.length : to);
  const shown = backward ? range.slice(-size) : range.slice(0, size);
  const images = { datasetId: row.datasetId, size: imageSize, artifactId: row.imagesArtifactId };
  const edges = shown.map((position) => ({
    node: new Example(outcomes, position, row.offset, images),
    cursor: encode(position),
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: shown.length > 0 && shown.at(-1) !== positions.at(-1),
      hasPreviousPage: shown.length > 0 && shown[0] !== positions[0],
      startCursor: edges[0]?.cursor,
      endCursor: edges.at(-1)?.cursor,
    },
    count: () => Promise.resolve(positions.length),
  };
}

const encode = (position: number) => Buffer.from(`example:${position}`).toString('base64url');

function decode(cursor: string): number {
  const match = /^example:(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match) throw badInput('The cursor is not one of this list. Take cursors from `edges` or `pageInfo`.');
  return Number(match[1]);
}
