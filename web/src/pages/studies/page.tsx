/** Studies: findings of papers, tested here. @module */
import { Badge, Card, Group, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { JobStatus } from '../../components/job';
import { AnchorLink } from '../../components/links';
import { Time } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Pages } from '../../components/pages';
import { Empty, Loaded } from '../../components/states';
import { StudiesPageDocument, type StudiesPageQuery } from '../../data/generated';
import { useData, useLiveJob } from '../../data/use-data';
import { OUTCOMES } from './outcomes';

const route = getRouteApi('/studies');

const PAGE_SIZE = 50;

export default function StudiesPage(): ReactNode {
  const { after } = route.useSearch();
  const navigate = route.useNavigate();
  const data = useData(StudiesPageDocument, { first: PAGE_SIZE, after: after ?? null });
  return (
    <Page
      title="Studies"
      lead="A study trains and attacks models of several seeds, and says by fixed criteria whether a finding of a paper holds."
    >
      <Loaded of={data}>
        {({ studies: { nodes, totalCount, pageInfo }, studyRecipes }) => (
          <>
            <Card>
              {nodes.length === 0 ? (
                <Empty title="No study has been run yet">`startStudy` runs one of the recipes below.</Empty>
              ) : (
                <div className="scroll-x" tabIndex={0} role="region" aria-label="Studies">
                  <Table miw={600}>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>Recipe</Table.Th>
                        <Table.Th>Scale</Table.Th>
                        <Table.Th>Verdicts</Table.Th>
                        <Table.Th>State</Table.Th>
                        <Table.Th>Started</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {nodes.map((study) => (
                        <Row key={study.id} study={study} onOver={data.reload} />
                      ))}
                    </Table.Tbody>
                  </Table>
                  <Pages
                    total={totalCount}
                    shown={nodes.length}
                    isFirst={!after}
                    next={pageInfo.hasNextPage ? pageInfo.endCursor : undefined}
                    onGo={(next) => void navigate({ search: { after: next } })}
                  />
                </div>
              )}
            </Card>
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

function Row({ study, onOver }: { readonly study: StudiesPageQuery['studies']['nodes'][number]; readonly onOver: () => void }) {
  useLiveJob(study.job, onOver);
  return (
    <Table.Tr>
      <Table.Td>
        <AnchorLink to="/studies/$id" params={{ id: study.id }}>
          {study.recipe}
        </AnchorLink>
      </Table.Td>
      <Table.Td>
        {study.scale}, {study.seeds} seeds
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {study.verdicts.map(({ outcome }, i) => (
            <Badge key={i} color={OUTCOMES[outcome].color} variant="light" tt="none">
              {OUTCOMES[outcome].name}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <JobStatus job={study.job} />
      </Table.Td>
      <Table.Td>
        <Time at={study.createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}
