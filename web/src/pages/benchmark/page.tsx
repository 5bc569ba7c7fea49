/** A benchmark: its protocol and rules, who stands where, and the way in. @module */
import { Alert, Badge, Card, Code, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { NORMS, useAttackTitle } from '../../components/attack';
import { DataTable, type Column } from '../../components/data-table';
import { FindingBadges } from '../../components/findings';
import { JobStatus } from '../../components/job';
import { AnchorLink, ButtonLink } from '../../components/links';
import { Markdown } from '../../components/markdown';
import { amount, decimal, IntervalBar, percent, Share, Time } from '../../components/numbers';
import { Figure, Page, Section } from '../../components/page';
import { MaskedGradients, Rank } from '../../components/rank';
import { Empty, Loaded } from '../../components/states';
import { BenchmarkPageDocument, type BenchmarkPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';
import { Enter } from './enter';

const route = getRouteApi('/benchmarks/$id');

/** A run that ends tells nobody here. */
const REFRESH_SECONDS = 5;

type Benchmark = NonNullable<BenchmarkPageQuery['benchmark']>;
type Ranked = Benchmark['ranking'][number];
type Unranked = Benchmark['unranked'][number];
type Claimed = Benchmark['claimed'][number];

const RANKING: readonly Column<Ranked>[] = [
  {
    name: 'Rank',
    numeric: true,
    cell: (ranked) => <Rank of={ranked} />,
  },
  {
    name: 'Model',
    cell: ({ entry: { model, modelName, modelVersion, owner, maskedGradients }, same }) => (
      <>
        {model ? (
          <AnchorLink to="/models/$id" params={{ id: model.id }}>
            {modelName}
          </AnchorLink>
        ) : (
          modelName
        )}
        {maskedGradients && <MaskedGradients />}
        <Text size="xs" c="dimmed">
          {modelVersion > 1 && `version ${modelVersion}, `}
          {owner}
          {same.length > 0 && `; the same network as ${same.map(({ modelName: name }) => name).join(', ')}`}
        </Text>
      </>
    ),
  },
  {
    name: 'Robust accuracy',
    width: 200,
    cell: ({ robust }) => (
      <>
        <Share of={robust} />
        <IntervalBar of={robust} />
      </>
    ),
  },
  { name: 'Original images', cell: ({ clean }) => <Share of={clean} /> },
  { name: 'Entered', cell: ({ entry }) => <Time at={entry.createdAt} /> },
  { name: 'Findings', cell: ({ entry }) => <FindingBadges of={entry.findings} /> },
];

const CLAIMED: readonly Column<Claimed>[] = [
  {
    name: 'Paper',
    cell: ({ paper, link, key, venue }) => (
      <>
        {link ? (
          <a href={link} target="_blank" rel="noopener noreferrer">
            {paper}
          </a>
        ) : (
          paper
        )}
        <Text size="xs" c="dimmed">
          {[key, venue].filter(Boolean).join(', ')}
        </Text>
      </>
    ),
  },
  { name: 'Best known', numeric: true, cell: ({ robust }) => percent(robust) },
  { name: 'AutoAttack', numeric: true, cell: ({ autoAttack }) => percent(autoAttack) },
  { name: 'Original images', numeric: true, cell: ({ clean }) => percent(clean) },
  { name: 'Architecture', cell: ({ architecture }) => architecture ?? '–' },
  {
    name: 'Notes',
    cell: ({ extraData, unreliable }) => [extraData && 'extra data', unreliable && 'may be unreliable'].filter(Boolean).join(', '),
  },
];

const UNRANKED: readonly Column<Unranked>[] = [
  { name: 'Model', cell: ({ entry }) => entry.modelName },
  { name: 'Owner', cell: ({ entry }) => entry.owner },
  { name: 'Run', cell: ({ entry }) => <JobStatus job={entry.job} /> },
  { name: 'Reason', cell: ({ reason }) => reason },
];

/** Models are entered in the newest version only. */
const isNewest = ({ version, versions }: Benchmark) => versions[0]!.version === version;

export default function BenchmarkPage(): ReactNode {
  const { id } = route.useParams();
  const data = useData(BenchmarkPageDocument, { id }, { every: REFRESH_SECONDS });
  return (
    <Loaded of={data} rows={8}>
      {({ benchmark, models, viewer }) =>
        benchmark ? (
          <Page title={benchmark.title} lead={`${benchmark.name}, version ${benchmark.version}`}>
            <Versions of={benchmark} />
            <Protocol benchmark={benchmark} />
            {viewer.role !== 'VIEWER' && benchmark.state === 'OPEN' && isNewest(benchmark) && (
              <Enter
                benchmarkId={benchmark.id}
                onEntered={data.reload}
                models={models.nodes.filter(
                  ({ owner, visibility }) => visibility !== 'PRIVATE' && (owner === viewer.name || viewer.role === 'ADMIN'),
                )}
              />
            )}
            <Section title="Ranking">
              {benchmark.ranking.length === 0 ? (
                <Empty title="No run has ended yet" />
              ) : (
                <DataTable label="Ranking" rows={benchmark.ranking} keyOf={({ entry }) => entry.id} columns={RANKING} minWidth={780} />
              )}
              {benchmark.ranking[0] && <BadgeHelp of={benchmark.ranking[0]} />}
            </Section>
            {benchmark.claimed.length > 0 && (
              <Section title="Claimed by others">
                <Text size="sm" c="dimmed" mb="sm">
                  As RobustBench lists them. Nothing of them was run on this server, so they have no rank.
                </Text>
                <DataTable label="Claimed by others" rows={benchmark.claimed} keyOf={({ key }) => key} columns={CLAIMED} minWidth={780} />
              </Section>
            )}
            {benchmark.unranked.length > 0 && (
              <Section title="Not ranked">
                <DataTable label="Not ranked" rows={benchmark.unranked} keyOf={({ entry }) => entry.id} columns={UNRANKED} />
              </Section>
            )}
          </Page>
        ) : (
          <Page title="There is no such benchmark">
            <ButtonLink to="/benchmarks">All benchmarks</ButtonLink>
          </Page>
        )
      }
    </Loaded>
  );
}

/** Ways to the other versions, where there are some. */
function Versions({ of: { id, version, versions } }: { readonly of: Benchmark }) {
  const newest = versions[0]!;
  if (versions.length === 1) return null;
  return (
    <Stack gap="xs">
      {newest.id !== id && (
        <Alert color="yellow" variant="light">
          This is version {version}. Its entries stay, and models are entered in{' '}
          <AnchorLink to="/benchmarks/$id" params={{ id: newest.id }}>
            version {newest.version}
          </AnchorLink>
          .
        </Alert>
      )}
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Other versions:
        </Text>
        {versions
          .filter((other) => other.id !== id)
          .map((other) => (
            <AnchorLink key={other.id} to="/benchmarks/$id" params={{ id: other.id }} size="sm">
              {other.version}
            </AnchorLink>
          ))}
      </Group>
    </Stack>
  );
}

function Protocol({ benchmark }: { readonly benchmark: Benchmark }) {
  const titleOf = useAttackTitle();
  const { dataset, norm, epsilon, sampleCount, judging, attacks, rules, state, opensAt, closesAt, heldOut } = benchmark;
  return (
    <Card>
      <Stack gap="md">
        <SimpleGrid cols={{ base: 2, sm: 4 }}>
          <Figure name="Data set">
            <AnchorLink to="/datasets/$id" params={{ id: dataset.id }}>
              {dataset.name}
            </AnchorLink>
          </Figure>
          <Figure name="Threat model">
            {NORMS[norm]}, ε = {decimal(epsilon)}
          </Figure>
          <Figure name="Images">{heldOut ? `${amount(sampleCount)}, held out` : amount(sampleCount)}</Figure>
          <Figure name="State">
            {state === 'UPCOMING' && opensAt ? (
              <>
                opens <Time at={opensAt} />
              </>
            ) : closesAt ? (
              <>
                {state === 'CLOSED' ? 'closed' : 'closes'} <Time at={closesAt} />
              </>
            ) : (
              state.toLowerCase()
            )}
          </Figure>
        </SimpleGrid>
        <Group gap="xs">
          <Text size="sm" c="dimmed">
            Every entry under {attacks.length === 1 ? 'one attack' : `${attacks.length} attacks`}, success decided on{' '}
            {judging === 'STORED' ? 'stored images' : 'floats'}:
          </Text>
          {attacks.map(({ kind }, i) => (
            <Badge key={i} variant="default" tt="none">
              {titleOf(kind)}
            </Badge>
          ))}
        </Group>
        <Markdown text={rules} />
      </Stack>
    </Card>
  );
}

/** How to show a rank elsewhere. */
function BadgeHelp({ of: { entry } }: { readonly of: Ranked }) {
  return (
    <Group gap="xs" mt="sm">
      <img src={entry.badgeUrl} alt={`Badge of ${entry.modelName}`} height={20} />
      <Text size="xs" c="dimmed">
        An entry's badge, for a README: <Code>{`![rank](${globalThis.location.origin}${entry.badgeUrl})`}</Code>
      </Text>
    </Group>
  );
}
