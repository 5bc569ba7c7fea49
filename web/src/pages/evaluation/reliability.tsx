/** Whether confidences are the shares that they say: a reliability diagram, and scores beside it. @module */
import { Table, Text } from '@mantine/core';
import { Chart } from '../../components/chart';
import { decimal, percent } from '../../components/numbers';
import { Section } from '../../components/page';
import type { EvaluationBreakdownQuery } from '../../data/generated';
import { useWords } from './words';

type Calibration = NonNullable<EvaluationBreakdownQuery['evaluation']>['calibration'];

export function Reliability({ calibration }: { readonly calibration: Calibration }) {
  const words = useWords();
  if (!calibration) return null;
  const phases = [
    { images: 'original', ...calibration.clean },
    { images: words.image, ...calibration.adversarial },
  ];
  const values = phases.flatMap(({ images, bins }) =>
    bins.flatMap(({ count, meanConfidence, accuracy }) =>
      accuracy
        ? [{ images, confidence: meanConfidence, accuracy: accuracy.value, lower: accuracy.lower, upper: accuracy.upper, count }]
        : [],
    ),
  );
  const scale = { domain: [0, 1] };
  return (
    <Section title="Calibration">
      <Chart
        label={`Reliability diagram. The expected calibration error is ${percent(calibration.clean.expectedError)} on original images and ${percent(calibration.adversarial.expectedError)} ${words.under}.`}
        height={220}
        spec={{
          layer: [
            {
              data: { values: [0, 1].map((value) => ({ value })) },
              mark: { type: 'line', strokeDash: [4, 4], color: 'gray' },
              encoding: { x: { field: 'value', type: 'quantitative' }, y: { field: 'value', type: 'quantitative' } },
            },
            ...['line', 'rule'].map((type) => ({
              data: { values },
              mark: type === 'line' ? { type, point: true } : { type, opacity: 0.5 },
              encoding: {
                x: { field: 'confidence', type: 'quantitative', title: 'mean confidence', scale },
                y: {
                  field: type === 'line' ? 'accuracy' : 'lower',
                  type: 'quantitative',
                  title: 'accuracy',
                  axis: { format: '.0%' },
                  scale,
                },
                ...(type === 'rule' && { y2: { field: 'upper' } }),
                color: { field: 'images', type: 'nominal', sort: null, title: null },
                tooltip: [
                  { field: 'images' },
                  { field: 'confidence', format: '.3f' },
                  { field: 'accuracy', format: '.3f' },
                  { field: 'count', title: 'images in the bin' },
                ],
              },
            })),
          ],
        }}
      />
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Calibration table">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Images</Table.Th>
              <Table.Th ta="right">ECE</Table.Th>
              <Table.Th ta="right">Classwise ECE</Table.Th>
              <Table.Th ta="right">NLL</Table.Th>
              <Table.Th ta="right">Brier</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {phases.map(({ images, expectedError, classwiseError, negativeLogLikelihood, brierScore }) => (
              <Table.Tr key={images}>
                <Table.Th scope="row" fw={500}>
                  {images}
                </Table.Th>
                {[expectedError, classwiseError, negativeLogLikelihood, brierScore].map((value, i) => (
                  <Table.Td key={i} ta="right">
                    {decimal(value)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="xs" c="dimmed">
        15 bins of equal width; on the dashed line, confidence is accuracy.
      </Text>
    </Section>
  );
}
