/** One data set and its images. @module */
import { Button, Card, Code, Group, NumberInput, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Annotations } from '../../components/annotations';
import { JobStatus } from '../../components/job';
import { AnchorLink, ButtonLink } from '../../components/links';
import { amount } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { DatasetPageDocument, type DatasetPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/datasets/$id');

const PAGE_SIZE = 60;

type Dataset = NonNullable<DatasetPageQuery['dataset']>;

export default function DatasetPage(): ReactNode {
  const { id } = route.useParams();
  const { from = 0 } = route.useSearch();
  const navigate = route.useNavigate();
  const go = (next: number) => void navigate({ search: { from: next === 0 ? undefined : next }, resetScroll: false });
  const data = useData(DatasetPageDocument, { id, from, first: PAGE_SIZE });
  return (
    <Loaded of={data}>
      {({ dataset }) => {
        if (!dataset)
          return <Empty isPage title="There is no such data set" action={<AnchorLink to="/datasets">All data sets</AnchorLink>} />;
        const { labels, name, exampleCount, imageShape, classNames, bitDepth, format, fingerprint } = dataset;
        if (dataset.state !== 'READY') return <Unready dataset={dataset} onOver={data.reload} />;
        const images = labels.map((label, i) => ({ index: from + i, label: classNames[label] ?? String(label) }));
        return (
          <Page
            title={name}
            lead={`${amount(exampleCount)} images of ${imageShape.join(' × ')}, ${amount(classNames.length)} classes`}
            actions={
              <>
                <ButtonLink to="/evaluations" search={{ dataset: id }} variant="default">
                  Its evaluations
                </ButtonLink>
                <ButtonLink to="/new-evaluation" search={{ dataset: id }}>
                  Evaluate on it
                </ButtonLink>
              </>
            }
          >
            <Annotations of={dataset} owner={dataset.owner} list="/datasets" />
            <Section
              title="Images"
              aside={
                <NumberInput
                  aria-label="From position"
                  w={170}
                  prefix="from #"
                  min={0}
                  max={Math.max(0, exampleCount - 1)}
                  value={from}
                  onChange={(value) => go(Number(value) || 0)}
                />
              }
            >
              <SimpleGrid cols={{ base: 4, sm: 6, md: 10, xl: 12 }} spacing="xs">
                {images.map(({ index, label }) => (
                  <figure key={index} style={{ margin: 0, minWidth: 0 }}>
                    <img className="pixels" src={`/datasets/${id}/images/${index}.png`} alt={`Image ${index}, ${label}`} loading="lazy" />
                    <Text component="figcaption" size="xs" ta="center" className="truncate" title={`${label}, image ${index}`}>
                      {label}{' '}
                      <Text span size="xs" c="dimmed">
                        #{index}
                      </Text>
                    </Text>
                  </figure>
                ))}
              </SimpleGrid>
              <Group mt="md">
                {from > 0 && (
                  <Button variant="default" onClick={() => go(Math.max(0, from - PAGE_SIZE))}>
                    Previous
                  </Button>
                )}
                {from + PAGE_SIZE < exampleCount && (
                  <Button variant="default" onClick={() => go(from + PAGE_SIZE)}>
                    Next {PAGE_SIZE}
                  </Button>
                )}
              </Group>
            </Section>
            <Section title="About">
              <Table highlightOnHover={false}>
                <Table.Tbody>
                  {(
                    [
                      ['Format', format],
                      ['Bits of a pixel value', String(bitDepth)],
                      ['Classes', classNames.length <= 40 ? classNames.join(', ') : `${classNames.slice(0, 40).join(', ')}, …`],
                      ['Fingerprint', <Code style={{ overflowWrap: 'anywhere' }}>{fingerprint}</Code>],
                    ] as [string, ReactNode][]
                  ).map(([title, value]) => (
                    <Table.Tr key={title}>
                      <Table.Th scope="row" fw={500} w="12rem">
                        {title}
                      </Table.Th>
                      <Table.Td>{value}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Section>
          </Page>
        );
      }}
    </Loaded>
  );
}

/** While its upload is read, and where that failed. */
function Unready({ dataset: { name, state, error, job }, onOver }: { readonly dataset: Dataset; readonly onOver: () => void }) {
  return (
    <Page title={name} lead={state === 'REJECTED' ? 'The upload was rejected' : 'The upload is being read and checked'}>
      <Card aria-live="polite">
        <Stack gap="xs">
          {job && <JobStatus job={job} onOver={onOver} />}
          {error && !job?.error && <Text size="sm">{error}</Text>}
        </Stack>
      </Card>
    </Page>
  );
}
