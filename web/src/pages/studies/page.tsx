/** Studies: findings of papers, tested here. @module */
import { Badge, Card, Group, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { TagBadges } from '../../components/annotations';
import { DataTable, type Column } from '../../components/data-table';
import { FilterSelect, FilterText, NothingFound } from '../../components/filters';
import { JobStatus } from '../../components/job';
import { AnchorLink, ButtonLink } from '../../components/links';
import { counted, Time } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { StudiesPageDocument, type StudiesPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';
import { OUTCOMES } from './outcomes';

const route = getRouteApi('/studies');

const PAGE_SIZE = 50;

type Study = StudiesPageQuery['studies']['nodes'][number];

const columns = (onOver: () => void): readonly Column<Study>[] => [
  {
    name: 'Recipe',
    cell: ({ id, recipe, tags }) => (
      <>
        <AnchorLink to="/studies/$id" params={{ id }}>
          {recipe}
        </AnchorLink>
        <TagBadges tags={tags} list="/studies" />
      </>
    ),
  },
  { name: 'Scale', cell: ({ scale, seeds }) => `${scale}, ${counted(seeds, 'seed')}` },
  {
    name: 'Verdicts',
    cell: ({ verdicts }) => (
      <Group gap={4}>
        {verdicts.map(({ outcome }, i) => (
          <Badge key={i} color={OUTCOMES[outcome].color} variant="light" tt="none">
            {OUTCOMES[outcome].name}
          </Badge>
        ))}
      </Group>
    ),
  },
  { name: 'State', cell: ({ job }) => <JobStatus job={job} onOver={onOver} /> },
  { name: 'Started', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function StudiesPage(): ReactNode {
  const { after, recipe, tag } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false });
  const filter = { ...(recipe && { recipe }), ...(tag && { tags: [tag] }) };
  const data = useData(StudiesPageDocument, { first: PAGE_SIZE, after: after ?? null, filter });
  const isFiltered = recipe !== undefined || tag !== undefined;
  return (
    <Page
      title="Studies"
      lead="A study trains and attacks models of several seeds, and says by fixed criteria whether a finding of a paper holds."
      actions={<ButtonLink to="/new-study">Start a study</ButtonLink>}
    >
      <Loaded of={data}>
        {({ studies: { nodes, totalCount, pageInfo }, studyRecipes }) => (
          <>
            <Group align="flex-end" gap="sm" className="no-print">
              <FilterSelect
                label="Recipe"
                data={studyRecipes.map(({ name }) => ({ value: name, label: name }))}
                value={recipe}
                onChange={(value) => change({ recipe: value })}
              />
              <FilterText label="Tag" width={130} value={tag} onChange={(value) => change({ tag: value })} />
            </Group>
            {nodes.length === 0 ? (
              <NothingFound title="No study is like this" isFiltered={isFiltered} onClear={() => void navigate({ search: {} })}>
                <Empty title="No study has been run yet" action={<ButtonLink to="/new-study">Start a study</ButtonLink>}>
                  A study runs one of the recipes below.
                </Empty>
              </NothingFound>
            ) : (
              <Card>
                <DataTable
                  label="Studies"
                  rows={nodes}
                  keyOf={({ id }) => id}
                  columns={columns(data.reload)}
                  page={{ totalCount, pageInfo, after, onGo: (next) => change({ after: next }) }}
                />
              </Card>
            )}
            <Section title="Recipes">
              <Table highlightOnHover={false}>
                <Table.Tbody>
                  {studyRecipes.map(({ name, title, claim, scales }) => (
                    <Table.Tr key={name}>
                      <Table.Th scope="row" fw={600} w="4rem">
                        {name}
                      </Table.Th>
                      <Table.Td>
                        {title}
                        <Text size="sm" c="dimmed">
                          {claim}
                        </Text>
                        <Group gap={4} mt={4}>
                          {scales.map((scale) => (
                            <Badge key={scale.name} variant="default" tt="none" title={`${scale.title}: ${scale.needs}`}>
                              {scale.name}
                            </Badge>
                          ))}
                        </Group>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
