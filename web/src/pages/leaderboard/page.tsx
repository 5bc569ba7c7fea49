/** Models on one data set under one threat model, the most robust first. @module */
import { Alert, Badge, Card, Group, List, Select, Stack, Table, Text, Tooltip } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AnchorLink } from '../../components/links';
import type { ReactNode } from 'react';
import { NORMS, useAttackTitle } from '../../components/attack';
import { Chart } from '../../components/chart';
import { FindingBadges } from '../../components/findings';
import { amount, decimal, IntervalBar, percent, Share } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Pages } from '../../components/pages';
import { Empty, Loaded } from '../../components/states';
import { LeaderboardPageDocument, ResultsDocument, type LeaderboardPageQuery, type ResultsQuery } from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/leaderboard');

const PAGE_SIZE = 100;

type Board = LeaderboardPageQuery['leaderboard'];
type Entry = Board['entries']['nodes'][number];

const nameOf = ({ dataset, norm, epsilon }: ResultsQuery['results'][number]) => `${dataset.name}, ${NORMS[norm]}, ε = ${decimal(epsilon)}`;

export default function LeaderboardPage(): ReactNode {
  const { dataset, norm, epsilon, after } = route.useSearch();
  const navigate = route.useNavigate();
  const results = useData(ResultsDocument, {});
  return (
    <Page title="Leaderboard" lead="Ranked by the worst case over all attacks of one protocol. Models whose intervals overlap are tied.">
      <Loaded of={results}>
        {({ results: groups }) => {
          const budgets = groups.filter((group) => group.epsilon != null);
          const chosen =
            budgets.find((group) => group.dataset.id === dataset && group.norm === norm && String(group.epsilon) === epsilon) ?? budgets[0];
          if (!chosen)
            return (
              <Card>
                <Empty title="There are no results yet" action={<AnchorLink to="/new-evaluation">Start an evaluation</AnchorLink>}>
                  A model is ranked as soon as an evaluation of it has finished.
                </Empty>
              </Card>
            );
          return (
            <>
              <Select
                label="Data set and threat model"
                maw={420}
                searchable
                allowDeselect={false}
                data={budgets.map((group, i) => ({ value: String(i), label: nameOf(group) }))}
                value={String(budgets.indexOf(chosen))}
                onChange={(value) => {
                  const next = budgets[Number(value)];
                  if (next)
                    void navigate({
                      search: { dataset: next.dataset.id, norm: next.norm, epsilon: String(next.epsilon) },
                      resetScroll: false,
                    });
                }}
              />
              <Content
                chosen={chosen}
                after={after}
                onPage={(next) => void navigate({ search: (previous) => ({ ...previous, after: next }), resetScroll: false })}
              />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

interface ContentProps {
  readonly chosen: ResultsQuery['results'][number];
  readonly after: string | undefined;
  readonly onPage: (after: string | undefined) => void;
}

function Content({ chosen, after, onPage }: ContentProps) {
  const input = { datasetId: chosen.dataset.id, norm: chosen.norm, epsilon: chosen.epsilon! };
  const data = useData(LeaderboardPageDocument, { input, first: PAGE_SIZE, after: after ?? null });
  return (
    <Loaded of={data} rows={8}>
      {({ leaderboard }) => (
        <Stack gap="lg">
          <Protocol board={leaderboard} />
          {leaderboard.entries.nodes.length === 0 ? (
            <Card>
              <Empty title="No model ran the whole protocol" />
            </Card>
          ) : (
            <>
              <Card>
                <Ranking entries={leaderboard.entries.nodes} chosen={chosen} />
                <Pages
                  total={leaderboard.entries.totalCount}
                  shown={leaderboard.entries.nodes.length}
                  isFirst={!after}
                  next={leaderboard.entries.pageInfo.hasNextPage ? leaderboard.entries.pageInfo.endCursor : undefined}
                  onGo={onPage}
                />
              </Card>
              {leaderboard.entries.nodes.length > 1 && <Scatter entries={leaderboard.entries.nodes} />}
            </>
          )}
          <Excluded board={leaderboard} />
        </Stack>
      )}
    </Loaded>
  );
}

function Protocol({ board }: { readonly board: Board }) {
  const titleOf = useAttackTitle();
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">
        Every model under {board.attacks.length === 1 ? 'one attack' : `all of ${board.attacks.length} attacks`}
        {board.sampleCount != null && ` on the same ${amount(board.sampleCount)} images`}:
      </Text>
      {board.attacks.map(({ kind }, i) => (
        <Badge key={i} variant="default" tt="none">
          {titleOf(kind)}
        </Badge>
      ))}
    </Group>
  );
}

function Ranking({ entries, chosen }: { readonly entries: readonly Entry[]; readonly chosen: ResultsQuery['results'][number] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Ranking">
      <Table miw={780}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Rank</Table.Th>
            <Table.Th>Model</Table.Th>
            <Table.Th miw={200}>Robust accuracy, worst case</Table.Th>
            <Table.Th>Original images</Table.Th>
            <Table.Th>Best known</Table.Th>
            <Table.Th>Evaluations</Table.Th>
            <Table.Th>Findings</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.model.id}>
              <Table.Td className="numbers">
                <Text fw={600}>{entry.rank}</Text>
                {entry.tiedFrom !== entry.tiedTo && (
                  <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
                    {entry.tiedFrom}–{entry.tiedTo}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>
                <AnchorLink to="/models/$id" params={{ id: entry.model.id }}>
                  {entry.model.name}
                </AnchorLink>
                {entry.maskedGradients && (
                  <Tooltip
                    label="Its gradients are masked: the accuracy under gradient attacks is no evidence of robustness."
                    multiline
                    w={280}
                    events={{ hover: true, focus: true, touch: true }}
                  >
                    <Badge ml="xs" color="red" variant="light" tt="none" tabIndex={0}>
                      masked gradients
                    </Badge>
                  </Tooltip>
                )}
              </Table.Td>
              <Table.Td>
                <Share of={entry.robust} />
                <IntervalBar of={entry.robust} />
              </Table.Td>
              <Table.Td>
                <Share of={entry.clean} />
              </Table.Td>
              <Table.Td>
                <Share of={entry.bestKnown} bare />
              </Table.Td>
              <Table.Td>
                <AnchorLink to="/evaluations" search={{ model: entry.model.id, dataset: chosen.dataset.id, epsilon: chosen.epsilon! }}>
                  {amount(entry.evaluationCount)}
                </AnchorLink>
              </Table.Td>
              <Table.Td>
                <FindingBadges of={entry.findings} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Scatter({ entries }: { readonly entries: readonly Entry[] }) {
  const values = entries.map(({ model, clean, robust }) => ({
    model: model.name,
    clean: clean.value,
    robust: robust.value,
    cleanLower: clean.lower,
    cleanUpper: clean.upper,
    robustLower: robust.lower,
    robustUpper: robust.upper,
  }));
  const x = { field: 'clean', type: 'quantitative' };
  const y = { field: 'robust', type: 'quantitative' };
  const scale = { zero: false, nice: true };
  return (
    <Section title="Accuracy and robustness">
      <Chart
        height={340}
        label={`Accuracy on original images against worst-case accuracy. ${values.map(({ model, clean, robust }) => `${model}: ${percent(clean)} and ${percent(robust)}`).join('; ')}`}
        spec={{
          data: { values },
          layer: [
            {
              mark: { type: 'rule', opacity: 0.5 },
              encoding: { x: { field: 'cleanLower', type: 'quantitative' }, x2: { field: 'cleanUpper' }, y },
            },
            {
              mark: { type: 'rule', opacity: 0.5 },
              encoding: { x, y: { field: 'robustLower', type: 'quantitative' }, y2: { field: 'robustUpper' } },
            },
            {
              mark: { type: 'point', filled: true, size: 90, opacity: 1 },
              encoding: {
                x: { ...x, title: 'accuracy on original images', axis: { format: '.1~%', tickCount: 6 }, scale },
                y: { ...y, title: 'worst-case accuracy', axis: { format: '.1~%', tickCount: 6 }, scale },
                tooltip: [{ field: 'model' }, { field: 'clean', format: '.3f' }, { field: 'robust', format: '.3f' }],
              },
            },
            ...(entries.length <= 30
              ? [
                  {
                    mark: { type: 'text', align: 'left', dx: 8, dy: -8, fontSize: 12 },
                    encoding: { x, y, text: { field: 'model' }, color: { value: '#868e96' } },
                  },
                ]
              : []),
          ],
        }}
      />
    </Section>
  );
}

function Excluded({ board }: { readonly board: Board }) {
  const titleOf = useAttackTitle();
  if (board.excludedCount === 0) return null;
  return (
    <Alert variant="light" color="gray" title={`Not compared: ${amount(board.excludedCount)}`}>
      <List size="sm">
        {board.excluded.map(({ model, reason, missing }, i) => (
          <List.Item key={model?.id ?? i}>
            {model ? (
              <AnchorLink to="/models/$id" params={{ id: model.id }}>
                {model.name}
              </AnchorLink>
            ) : (
              'a deleted model'
            )}
            {reason === 'OTHER_EXAMPLES'
              ? ': it was evaluated on other images'
              : `: it has not run ${missing.map(({ kind }) => titleOf(kind)).join(', ')}`}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
