/** One evaluation: its numbers, what speaks against them, where the attack succeeds, and its examples. @module */
import { Alert, Button, Card, Code, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AnchorLink, ButtonLink } from '../../components/links';
import type { ReactNode } from 'react';
import { Annotations } from '../../components/annotations';
import { AttackName, DISTANCES, isCorruption, NORMS, threatText, useAttackName } from '../../components/attack';
import { Findings } from '../../components/findings';
import { JobStatus } from '../../components/job';
import { amount, decimal, duration, IntervalBar, intervalText, percent, Share, Time, type ProportionValue } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { EvaluationPageDocument, type EvaluationPageQuery } from '../../data/generated';
import { isOver, useData, useLiveJob } from '../../data/use-data';
import { Breakdown } from './breakdown';
import { Examples } from './examples';
import { ATTACK_WORDS, CORRUPTION_WORDS, useWords, Words } from './words';

type Evaluation = NonNullable<EvaluationPageQuery['evaluation']>;

const route = getRouteApi('/evaluations/$id');

export default function EvaluationPage(): ReactNode {
  const { id } = route.useParams();
  const data = useData(EvaluationPageDocument, { id });
  useLiveJob(data.data?.evaluation?.job, data.reload);
  return (
    <Loaded of={data} rows={8}>
      {({ evaluation }) =>
        evaluation ? (
          <Words value={isCorruption(evaluation.attack) ? CORRUPTION_WORDS : ATTACK_WORDS}>
            <Content evaluation={evaluation} />
          </Words>
        ) : (
          <Empty isPage title="There is no such evaluation" action={<AnchorLink to="/evaluations">All evaluations</AnchorLink>}>
            It was deleted, or its model is private and not yours.
          </Empty>
        )
      }
    </Loaded>
  );
}

function Content({ evaluation }: { readonly evaluation: Evaluation }) {
  const { id, model, dataset, attack, job, findings, clean, adversarial } = evaluation;
  const title = useAttackName()(attack);
  const threat = threatText(attack, title);
  const isFinished = clean != null && adversarial != null;
  return (
    <Page
      title={`${model.name} under ${title}`}
      lead={
        <>
          {threat && `${threat} · `}
          {amount(evaluation.sampleCount)} images of{' '}
          <AnchorLink to="/evaluations" search={{ dataset: dataset.id }} underline="always">
            {dataset.name}
          </AnchorLink>{' '}
          · <Time at={evaluation.createdAt} />
        </>
      }
      actions={
        <>
          <ButtonLink to="/models/$id" params={{ id: model.id }} variant="default">
            The model
          </ButtonLink>
          <Button component="a" href={`/evaluations/${id}/examples.csv`} variant="default" disabled={!isFinished}>
            Download CSV
          </Button>
        </>
      }
    >
      <Annotations of={evaluation} owner={job.owner} list="/evaluations" />
      {!isOver(job.state) || job.state === 'FAILED' ? (
        <Card aria-live="polite">
          <JobStatus job={job} />
        </Card>
      ) : null}
      {isFinished && <Numbers evaluation={evaluation} />}
      {findings && (
        <Section title="Findings">
          <Findings of={findings} />
        </Section>
      )}
      {isFinished && <Examples id={id} norm={attack.norm} />}
      {isFinished && <Breakdown id={id} norm={attack.norm} />}
      <Protocol evaluation={evaluation} />
    </Page>
  );
}

function Numbers({ evaluation }: { readonly evaluation: Evaluation }) {
  const { clean, adversarial, successRate, meanDistortion, medianDistortion, attack } = evaluation;
  const words = useWords();
  const norm = isCorruption(attack) ? undefined : (attack.norm.toLowerCase() as 'linf' | 'l2' | 'l0');
  const shown = attack.distance ? 'attackDistance' : norm;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
      <Headline name={words.accuracy} of={adversarial!.top1} color="var(--mantine-color-orange-filled)" />
      <Headline name="Accuracy on original images" of={clean!.top1} />
      <Headline name={words.success} of={successRate} note="of the images that were classified correctly before" />
      <Card>
        <Text size="sm" c="dimmed">
          {words.distortion}
        </Text>
        <Table verticalSpacing={2} horizontalSpacing={0} withRowBorders={false} highlightOnHover={false} className="numbers" mt={4}>
          <Table.Tbody>
            {(['linf', 'l2', 'l0', 'ssim', 'attackDistance'] as const).map((name) =>
              name === 'attackDistance' && !attack.distance ? null : (
                <Table.Tr key={name}>
                  <Table.Th fw={name === shown ? 700 : 400}>
                    {name === 'attackDistance' ? DISTANCES[attack.distance!] : name === 'ssim' ? 'SSIM' : NORMS[name.toUpperCase()]}
                  </Table.Th>
                  <Table.Td ta="right" fw={name === shown ? 700 : 400}>
                    {decimal(meanDistortion?.[name])}
                  </Table.Td>
                  <Table.Td ta="right" c="dimmed">
                    median {decimal(medianDistortion?.[name])}
                  </Table.Td>
                </Table.Tr>
              ),
            )}
          </Table.Tbody>
        </Table>
      </Card>
    </SimpleGrid>
  );
}

interface HeadlineProps {
  readonly name: string;
  readonly of: ProportionValue | null | undefined;
  readonly note?: string;
  readonly color?: string;
}

function Headline({ name, of, note, color }: HeadlineProps) {
  return (
    <Card>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text fz={30} fw={700} className="numbers" lh={1.3}>
        {percent(of?.value)}
      </Text>
      {of && <IntervalBar of={of} {...(color && { color })} />}
      <Text size="xs" c="dimmed" mt={4} className="numbers">
        {of ? intervalText(of) : 'no image was classified correctly before'}
        {note && `; ${note}`}
      </Text>
    </Card>
  );
}

/** What makes the numbers repeatable. */
function Protocol({ evaluation }: { readonly evaluation: Evaluation }) {
  const {
    attack,
    seconds,
    throughput,
    engine,
    seed,
    offset,
    sampleCount,
    judging,
    effectiveEpsilon,
    queries,
    gradients,
    stages,
    predictions,
    clean,
    adversarial,
  } = evaluation;
  const words = useWords();
  const rows: [string, ReactNode][] = [
    [words.kind, <AttackName attack={attack} />],
    ...Object.entries(attack.parameters).map(([name, value]): [string, ReactNode] => [name, <Code>{JSON.stringify(value)}</Code>]),
    ['Examples', `${amount(offset)} to ${amount(offset + sampleCount - 1)}`],
    ['Success decided on', judging === 'STORED' ? 'images as stored, in 8 bits' : 'images as floats'],
    ...(isCorruption(attack) ? [] : [['ε in effect', decimal(effectiveEpsilon)] satisfies [string, ReactNode]]),
    [
      words.top5,
      clean && adversarial ? (
        <Group gap="md">
          <Share of={clean.top5} />
          <Share of={adversarial.top5} />
        </Group>
      ) : (
        '–'
      ),
    ],
    ['Seed', String(seed)],
    ['Predictions of each image', String(predictions)],
    ['Passes of each image', `${decimal(queries)} forward, ${decimal(gradients)} backward`],
    ['Time', seconds ? `${duration(seconds.total)}, ${decimal(throughput)} images a second` : '–'],
    ['Engine', engine ?? '–'],
    ['Request', <Code style={{ overflowWrap: 'anywhere' }}>{evaluation.requestHash}</Code>],
  ];
  return (
    <Section title="Protocol">
      <Stack>
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Protocol table">
          <Table highlightOnHover={false}>
            <Table.Tbody>
              {rows.map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500} w="14rem">
                    {name}
                  </Table.Th>
                  <Table.Td>{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
        {stages && stages.length > 0 && (
          <Alert variant="light" color="gray" title="Stages">
            {stages.map(({ name, accuracy, seconds: taken }) => (
              <Group key={name} justify="space-between" gap="xs">
                <Text size="sm">{name}</Text>
                <Group gap="md">
                  <Share of={accuracy} />
                  <Text size="sm" c="dimmed">
                    {duration(taken)}
                  </Text>
                </Group>
              </Group>
            ))}
          </Alert>
        )}
      </Stack>
    </Section>
  );
}
