/** Pages of the examples of an evaluation, which are in memory once their evaluation is read. @module */
import { type ExampleSelection, selectExamples } from '../../results/breakdown.js';
import type { Outcomes } from '../../results/outcomes.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { Example } from '../../schema/evaluation/example.js';
import type { ConnectionPage } from '../../schema/relay/connection.js';
import type { PageArgs } from '../../schema/relay/page-args.js';
import { listPage } from './list-page.js';

/** @param imageSize pixel values of one image. */
export function examplePage(
  row: EvaluationRow,
  outcomes: Outcomes,
  imageSize: number,
  page: PageArgs,
  selection: ExampleSelection,
): ConnectionPage<Example> {
  const positions = selectExamples(outcomes, row, selection);
  const images = { datasetId: row.datasetId, size: imageSize, artifactId: row.imagesArtifactId };
  return listPage(
    positions,
    page,
    (position) => `example:${position}`,
    (position) => new Example(outcomes, position, row.offset, images),
  );
}
