/** Models compared on the same images, example by example (McNemar). @module */
import { Card, Group, Select, Stack, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { NORMS, useAttackTitle } from '../../components/attack';
import { AnchorLink, ButtonLink } from '../../components/links';
import { amount, decimal, IntervalBar, Share } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { ComparePageDocument, ResultsDocument, type AttackKindName, type ResultsQuery } from '../../data/generated';
import { useData } from '../../data/use-data';
import { ModelMultiSelect } from '../../forms/model-select';
import { versioned } from '../models/words';

const route = getRouteApi('/compare');

/** Data set, attack and budget as one choice. */
interface Setting {
  readonly datasetId: string;
  readonly attackKind: AttackKindName;
  readonly epsilon: number;
  readonly label: string;
}

function settingsOf(results: ResultsQuery['results'], titleOf: (kind: string) => string): Setting[] {
  return results
    .filter(({ epsilon }) => epsilon != null)
    .flatMap(({ dataset, norm, epsilon, attackKinds }) =>
      attackKinds.map((attackKind) => ({
        datasetId: dataset.id,
        attackKind,
        epsilon: epsilon!,
        label: `${dataset.name}, ${titleOf(attackKind)}${titleOf(attackKind).includes(NORMS[norm]!) ? '' : `, ${NORMS[norm]}`}, ε = ${decimal(epsilon)}`,
      })),
    );
}

export default function ComparePage(): ReactNode {
  const { models: chosen = [], setting } = route.useSearch();
  const navigate = route.useNavigate();
  const titleOf = useAttackTitle();
  const results = useData(ResultsDocument, {});
  const settings = settingsOf(results.data?.results ?? [], titleOf);
  const keyOf = ({ datasetId, attackKind, epsilon }: Setting) => `${datasetId} ${attackKind} ${epsilon}`;
  const current = settings.find((candidate) => keyOf(candidate) === setting) ?? settings[0];
  const isReady = current !== undefined && chosen.length >= 2;
  const input = {
    datasetId: current?.datasetId ?? '',
    modelIds: chosen,
    attackKind: current?.attackKind ?? null,
    epsilon: current?.epsilon ?? null,
  };
  const data = useData(ComparePageDocument, { input }, { pause: !isReady });
  // Of models that have not been attacked alike the server says what is missing.
  const missing = data.error?.graphQLErrors.find(({ extensions }) => extensions['code'] === 'BAD_USER_INPUT')?.message;
  return (
    <Page
      title="Compare"
      lead="Models on the same images under the same attack. A paired test sees differences that overlapping intervals hide."
    >
      <Loaded of={results}>
        {() => (
          <Stack gap="lg">
            <Group align="flex-end">
              <ModelMultiSelect
                label="Models"
                placeholder={chosen.length === 0 ? 'choose two or more' : ''}
                miw="min(280px, 100%)"
                value={chosen}
                onChange={(value) =>
                  void navigate({
                    search: (previous) => ({ ...previous, models: value.length > 0 ? value : undefined }),
                    resetScroll: false,
                  })
                }
              />
              <Select
                label="Data set, attack and budget"
                w="min(340px, 100%)"
                searchable
                allowDeselect={false}
                data={settings.map((candidate) => ({ value: keyOf(candidate), label: candidate.label }))}
                value={current ? keyOf(current) : null}
                onChange={(value) =>
                  void navigate({ search: (previous) => ({ ...previous, setting: value ?? undefined }), resetScroll: false })
                }
              />
            </Group>
            {isReady && missing ? (
              <Card>
                <Empty
                  title="They cannot be compared yet"
                  action={
                    <ButtonLink
                      to="/new-evaluation"
                      search={{ models: chosen, dataset: current.datasetId, attack: current.attackKind, epsilons: String(current.epsilon) }}
                    >
                      Evaluate them
                    </ButtonLink>
                  }
                >
                  {missing}
                </Empty>
              </Card>
            ) : isReady ? (
              <Loaded of={data}>
                {({ compareModels: { models, pairs, sampleCount } }) => (
                  <>
                    <Section title={`Accuracy under attack on ${amount(sampleCount)} images`}>
                      <Table>
                        <Table.Tbody>
                          {models.map(({ model, accuracy, evaluation }) => (
                            <Table.Tr key={model.id}>
                              <Table.Th scope="row" fw={500}>
                                <AnchorLink to="/evaluations/$id" params={{ id: evaluation.id }}>
                                  {versioned(model)}
                                </AnchorLink>
                              </Table.Th>
                              <Table.Td w="40%">
                                <Share of={accuracy} />
                                <IntervalBar of={accuracy} />
                              </Table.Td>
                            </Table.Tr>
                          ))}
                        </Table.Tbody>
                      </Table>
                    </Section>
                    <Section title="Pairs">
                      <div className="scroll-x" tabIndex={0} role="region" aria-label="Pairs">
                        <Table miw={700} className="numbers">
                          <Table.Thead>
                            <Table.Tr>
                              <Table.Th>Models</Table.Th>
                              <Table.Th>Difference</Table.Th>
                              <Table.Th>Both right</Table.Th>
                              <Table.Th>Only the first</Table.Th>
                              <Table.Th>Only the second</Table.Th>
                              <Table.Th>p, adjusted</Table.Th>
                            </Table.Tr>
                          </Table.Thead>
                          <Table.Tbody>
                            {pairs.map(({ first, second, difference, both, onlyFirst, onlySecond, adjustedPValue }) => (
                              <Table.Tr key={`${first.id} ${second.id}`}>
                                <Table.Td>
                                  {versioned(first)} against {versioned(second)}
                                </Table.Td>
                                <Table.Td>
                                  {decimal((difference.value ?? 0) * 100)} points{' '}
                                  <Text span size="xs" c="dimmed">
                                    {decimal(difference.lower * 100)} to {decimal((difference.upper ?? 0) * 100)}
                                  </Text>
                                </Table.Td>
                                <Table.Td>{amount(both)}</Table.Td>
                                <Table.Td>{amount(onlyFirst)}</Table.Td>
                                <Table.Td>{amount(onlySecond)}</Table.Td>
                                <Table.Td>{adjustedPValue < 0.001 ? '< 0.001' : adjustedPValue.toFixed(3)}</Table.Td>
                              </Table.Tr>
                            ))}
                          </Table.Tbody>
                        </Table>
                      </div>
                    </Section>
                  </>
                )}
              </Loaded>
            ) : (
              <Card>
                <Empty title={settings.length === 0 ? 'There are no results yet' : 'Choose two models or more'}>
                  Each must have been evaluated under the attack on the same images.
                </Empty>
              </Card>
            )}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}
