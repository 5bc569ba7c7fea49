/** Where the attack succeeds: by class, from which class into which, and over confidence and distortion. @module */
import { SegmentedControl, SimpleGrid } from '@mantine/core';
import { useState } from 'react';
import { NORMS } from '../../components/attack';
import { Chart } from '../../components/chart';
import { percent, type ProportionValue } from '../../components/numbers';
import { Section } from '../../components/page';
import { Loaded } from '../../components/states';
import { EvaluationBreakdownDocument, type EvaluationBreakdownQuery } from '../../data/generated';
import { useData } from '../../data/use-data';
import { Reliability } from './reliability';
import { useWords } from './words';

type Evaluation = NonNullable<EvaluationBreakdownQuery['evaluation']>;
type Bins = Evaluation['distortion'];

/** More classes than can be told apart on an axis. */
const MAX_CLASSES = 40;

export function Breakdown({ id, norm }: { readonly id: string; readonly norm: 'L0' | 'L1' | 'L2' | 'LINF' }) {
  const words = useWords();
  const data = useData(EvaluationBreakdownDocument, { id, norm });
  return (
    <Loaded of={data}>
      {({ evaluation }) =>
        evaluation?.classAccuracies && (
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <ByClass evaluation={evaluation} />
            <Confusion evaluation={evaluation} />
            <ByGroup evaluation={evaluation} />
            <Reliability calibration={evaluation.calibration} />
            <Histogram title={words.confidence} axis="probability of the predicted class" bins={evaluation.adversarialConfidence} />
            <Histogram title="Confidence on original images" axis="probability of the predicted class" bins={evaluation.cleanConfidence} />
            <Histogram
              title={`Distortion, ${NORMS[norm]}`}
              axis={`${NORMS[norm]} distance from the original`}
              bins={evaluation.distortion}
            />
          </SimpleGrid>
        )
      }
    </Loaded>
  );
}

const nameOf = (names: readonly string[], label: number) => names[label] ?? String(label);

function ByClass({ evaluation: { classAccuracies, dataset } }: { readonly evaluation: Evaluation }) {
  const rows = (classAccuracies ?? []).map(({ label, ...of }) => ({ ...of, name: nameOf(dataset.classNames, label) }));
  return <ByName rows={rows} title="Accuracy by class" kind="class" kinds="classes" axis="true class" />;
}

function ByGroup({ evaluation: { groupAccuracies } }: { readonly evaluation: Evaluation }) {
  if (!groupAccuracies) return null;
  const rows = groupAccuracies.map(({ group, ...of }) => ({ ...of, name: group }));
  return <ByName rows={rows} title="Accuracy by group" kind="group" kinds="groups" axis="group of the data set" />;
}

interface NamedAccuracies {
  readonly rows: readonly { readonly name: string; readonly clean: ProportionValue; readonly adversarial: ProportionValue }[];
  readonly title: string;
  readonly kind: string;
  readonly kinds: string;
  readonly axis: string;
}

function ByName({ rows: all, title, kind, kinds, axis }: NamedAccuracies) {
  const words = useWords();
  const rows = [...all];
  const isCut = rows.length > MAX_CLASSES;
  // Where not all fit, those that the attack takes the most from.
  if (isCut) rows.sort((a, b) => (a.adversarial.value ?? 0) - (a.clean.value ?? 0) - ((b.adversarial.value ?? 0) - (b.clean.value ?? 0)));
  const shown = rows.slice(0, MAX_CLASSES);
  const values = shown.flatMap(({ name, clean, adversarial }) => [
    { name, images: 'original', ...clean },
    { name, images: words.image, ...adversarial },
  ]);
  const worst = shown.reduce((least, row) => ((row.adversarial.value ?? 1) < (least.adversarial.value ?? 1) ? row : least), shown[0]!);
  const color = { field: 'images', type: 'nominal', sort: null, title: null };
  return (
    <Section title={isCut ? `${title}: the ${MAX_CLASSES} that lose the most` : title}>
      <Chart
        label={`Accuracy of ${rows.length} ${kinds} before and ${words.under}. The lowest ${words.under} is ${kind} ${worst.name}, at ${percent(worst.adversarial.value)}.`}
        height={280}
        spec={{
          data: { values },
          encoding: {
            x: { field: 'name', type: 'nominal', sort: null, title: axis, axis: { labelAngle: shown.length > 12 ? -60 : 0 } },
            xOffset: { field: 'images', type: 'nominal', sort: null },
          },
          layer: [
            {
              mark: { type: 'bar', opacity: 0.8 },
              encoding: {
                y: { field: 'value', type: 'quantitative', title: 'accuracy', axis: { format: '.0%' }, scale: { domain: [0, 1] } },
                color,
                tooltip: [{ field: 'name', title: kind }, { field: 'images' }, { field: 'value', format: '.3f' }, { field: 'n' }],
              },
            },
            { mark: { type: 'rule' }, encoding: { y: { field: 'lower', type: 'quantitative' }, y2: { field: 'upper' } } },
          ],
        }}
      />
    </Section>
  );
}

function Confusion({ evaluation: { confusion, dataset } }: { readonly evaluation: Evaluation }) {
  const words = useWords();
  const [when, setWhen] = useState<'clean' | 'adversarial'>('adversarial');
  const cells = (confusion ?? []).map((cell) => ({
    label: nameOf(dataset.classNames, cell.label),
    prediction: nameOf(dataset.classNames, cell.prediction),
    count: cell[when],
    right: cell.label === cell.prediction,
  }));
  const wrong = cells.filter(({ right, count }) => !right && count > 0).sort((a, b) => b.count - a.count);
  const classes = new Set(cells.map(({ label }) => label)).size;
  const control = (
    <SegmentedControl
      size="xs"
      aria-label="Which images"
      value={when}
      onChange={(value) => setWhen(value as typeof when)}
      data={[
        { value: 'clean', label: 'original' },
        { value: 'adversarial', label: words.image },
      ]}
    />
  );
  const top = wrong[0];
  const label = top
    ? `The most frequent confusion is of ${top.label} with ${top.prediction}, ${top.count} times.`
    : 'No image is misclassified.';
  if (classes > MAX_CLASSES)
    return (
      <Section title="Most frequent confusions" aside={control}>
        <Chart
          label={label}
          height={280}
          spec={{
            data: { values: wrong.slice(0, 15).map((cell) => ({ ...cell, pair: `${cell.label} → ${cell.prediction}` })) },
            mark: 'bar',
            encoding: {
              y: { field: 'pair', type: 'nominal', sort: null, title: null },
              x: { field: 'count', type: 'quantitative', title: 'images' },
            },
          }}
        />
      </Section>
    );
  // Every class, also those that are never predicted.
  const position = { type: 'nominal', scale: { domain: [...dataset.classNames] }, axis: { labelAngle: 0 } };
  return (
    <Section title="Confusion" aside={control}>
      <Chart
        label={label}
        height={280}
        spec={{
          data: { values: cells.filter(({ count }) => count > 0) },
          encoding: {
            x: { field: 'prediction', title: 'predicted class', ...position, axis: { labelAngle: classes > 12 ? -60 : 0 } },
            y: { field: 'label', title: 'true class', ...position },
          },
          layer: [
            {
              mark: 'rect',
              encoding: {
                color: { field: 'count', type: 'quantitative', title: 'images', scale: { scheme: 'blues' }, legend: { orient: 'right' } },
                tooltip: [
                  { field: 'label', title: 'true' },
                  { field: 'prediction', title: 'predicted' },
                  { field: 'count', title: 'images' },
                ],
              },
            },
            ...(classes <= 12
              ? [
                  {
                    mark: { type: 'text', fontSize: 11 },
                    encoding: {
                      text: { field: 'count' },
                      color: {
                        condition: { test: `datum.count > ${Math.max(1, ...cells.map(({ count }) => count)) / 2}`, value: 'white' },
                        value: 'black',
                      },
                    },
                  },
                ]
              : []),
          ],
        }}
      />
    </Section>
  );
}

function Histogram({ title, axis, bins }: { readonly title: string; readonly axis: string; readonly bins: Bins }) {
  const words = useWords();
  if (!bins || bins.length === 0) return null;
  const values = bins.flatMap(({ from, to, count, successes }) => [
    // A bin without width is drawn with some.
    { from, to: to > from ? to : from + Math.max(1e-3, Math.abs(from) * 0.02), outcome: words.succeeded, count: successes },
    {
      from,
      to: to > from ? to : from + Math.max(1e-3, Math.abs(from) * 0.02),
      outcome: `${words.failed}, or wrong before`,
      count: count - successes,
    },
  ]);
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const peak = bins.reduce((most, bin) => (bin.count > most.count ? bin : most));
  return (
    <Section title={title}>
      <Chart
        label={`${axis} of ${total} images. Most, ${peak.count}, lie from ${peak.from.toFixed(3)} to ${peak.to.toFixed(3)}.`}
        height={220}
        spec={{
          data: { values },
          mark: { type: 'bar', binSpacing: 1 },
          encoding: {
            x: { field: 'from', type: 'quantitative', title: axis, bin: { binned: true }, scale: { zero: false, nice: false } },
            x2: { field: 'to' },
            y: { field: 'count', type: 'quantitative', title: 'images', stack: true },
            color: { field: 'outcome', type: 'nominal', sort: null, title: null, scale: { range: ['#e8590c', '#74a9d8'] } },
            tooltip: [{ field: 'from', format: '.3f' }, { field: 'to', format: '.3f' }, { field: 'outcome' }, { field: 'count' }],
          },
        }}
      />
    </Section>
  );
}
