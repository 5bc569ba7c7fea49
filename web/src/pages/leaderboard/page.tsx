/** Models on one data set under one threat model, the most robust first. @module */
import { Alert, Badge, Card, Group, List, Select, Stack, Switch, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AnchorLink } from '../../components/links';
import type { ReactNode } from 'react';
import { NORMS, useAttackTitle } from '../../components/attack';
import { Chart } from '../../components/chart';
import { DataTable, type Column } from '../../components/data-table';
import { FindingBadges } from '../../components/findings';
import { amount, decimal, IntervalBar, percent, Share } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { MaskedGradients, Rank } from '../../components/rank';
import { Empty, Loaded } from '../../components/states';
import {
  LeaderboardAttacksDocument,
  LeaderboardPageDocument,
  ResultsDocument,
  type LeaderboardAttacksQuery,
  type LeaderboardPageQuery,
  type ResultsQuery,
} from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/leaderboard');

const PAGE_SIZE = 100;

/** More columns than these are no table to read. */
const MOST_ATTACKS = 12;

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
  const { each = false } = route.useSearch();
  const navigate = route.useNavigate();
  const titleOf = useAttackTitle();
  const input = { datasetId: chosen.dataset.id, norm: chosen.norm, epsilon: chosen.epsilon! };
  const page = { input, first: PAGE_SIZE, after: after ?? null };
  const data = useData(LeaderboardPageDocument, page);
  const attacked = useData(LeaderboardAttacksDocument, page, { pause: !each }).data?.leaderboard.entries.nodes;
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
                {leaderboard.attacks.length > 1 && leaderboard.attacks.length <= MOST_ATTACKS && (
                  <Switch
                    mb="sm"
                    label="Accuracy under each attack"
                    checked={each}
                    onChange={(event) => {
                      const isOn = event.currentTarget.checked;
                      void navigate({ search: (previous) => ({ ...previous, each: isOn || undefined }), resetScroll: false });
                    }}
                  />
                )}
                <DataTable
                  label="Ranking"
                  rows={leaderboard.entries.nodes}
                  keyOf={({ model }) => model.id}
                  columns={[...columns(chosen, leaderboard), ...(each && attacked ? attackColumns(leaderboard, attacked, titleOf) : [])]}
                  minWidth={780 + (each ? 110 * leaderboard.attacks.length : 0)}
                  page={{ ...leaderboard.entries, after, onGo: onPage }}
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

type Attacked = LeaderboardAttacksQuery['leaderboard']['entries']['nodes'][number];

/** One for each attack of the protocol: of several seeds, where the accuracy is lowest. */
function attackColumns(board: Board, attacked: readonly Attacked[], titleOf: (kind: string) => string): Column<Entry>[] {
  const byModel = new Map(attacked.map((entry) => [entry.model.id, entry.evaluations]));
  const isOf = (attack: Board['attacks'][number], evaluation: Attacked['evaluations'][number]) =>
    evaluation.attack.kind === attack.kind && JSON.stringify(evaluation.attack.parameters) === JSON.stringify(attack.parameters);
  const names = board.attacks.map(({ kind }) => titleOf(kind));
  return board.attacks.map((attack, i) => ({
    // The same attack may be there with other parameters.
    name: names.indexOf(names[i]!) === i ? names[i]! : `${names[i]} (${i + 1})`,
    cell: ({ model }) => {
      const [lowest] = (byModel.get(model.id) ?? [])
        .filter((evaluation) => evaluation.adversarial && isOf(attack, evaluation))
        .sort((a, b) => (a.adversarial!.top1.value ?? 1) - (b.adversarial!.top1.value ?? 1));
      return lowest ? (
        <AnchorLink to="/evaluations/$id" params={{ id: lowest.id }}>
          <Share of={lowest.adversarial!.top1} bare />
        </AnchorLink>
      ) : (
        '–'
      );
    },
  }));
}

const columns = (chosen: ResultsQuery['results'][number], board: Board): readonly (Column<Entry> | false)[] => [
  {
    name: 'Rank',
    numeric: true,
    cell: (ranked) => <Rank of={ranked} />,
  },
  {
    name: 'Model',
    cell: ({ model, maskedGradients }) => (
      <>
        <AnchorLink to="/models/$id" params={{ id: model.id }}>
          {model.name}
        </AnchorLink>
        {maskedGradients && <MaskedGradients />}
      </>
    ),
  },
  {
    name: 'Robust accuracy, worst case',
    width: 200,
    cell: ({ robust }) => (
      <>
        <Share of={robust} />
        <IntervalBar of={robust} />
      </>
    ),
  },
  { name: 'Original images', cell: ({ clean }) => <Share of={clean} /> },
  { name: 'Best known', cell: ({ bestKnown }) => <Share of={bestKnown} bare /> },
  board.entries.nodes.some(({ corruptedAccuracy }) => corruptedAccuracy != null) && {
    name: 'Corrupted images',
    cell: ({ corruptedAccuracy }) => percent(corruptedAccuracy),
  },
  {
    name: 'Evaluations',
    cell: ({ model, evaluationCount }) => (
      <AnchorLink
        to="/evaluations"
        search={{ model: model.id, dataset: chosen.dataset.id, norm: chosen.norm, epsilon: chosen.epsilon!, order: 'least-robust' }}
      >
        {amount(evaluationCount)}
      </AnchorLink>
    ),
  },
  { name: 'Findings', cell: ({ findings }) => <FindingBadges of={findings} /> },
];

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
