/** One data set and its images. @module */
import { Button, Code, Group, NumberInput, SimpleGrid, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { AnchorLink, ButtonLink } from '../../components/links';
import { amount } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { DatasetPageDocument } from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/datasets/$id');

const PAGE_SIZE = 60;

export default function DatasetPage(): ReactNode {
  const { id } = route.useParams();
  const { from = 0 } = route.useSearch();
  const navigate = route.useNavigate();
  const go = (next: number) => void navigate({ search: { from: next === 0 ? undefined : next }, resetScroll: false });
  const data = useData(DatasetPageDocument, { id });
  return (
    <Loaded of={data}>
      {({ dataset }) => {
        if (!dataset)
          return <Empty isPage title="There is no such data set" action={<AnchorLink to="/datasets">All data sets</AnchorLink>} />;
        const { name, exampleCount, imageShape, classNames, bitDepth, format, fingerprint } = dataset;
        const indexes = Array.from({ length: Math.max(0, Math.min(PAGE_SIZE, exampleCount - from)) }, (_, i) => from + i);
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
            <Section
              title="Images"
              aside={
                <NumberInput
                  aria-label="From position"
                  w={140}
                  min={0}
                  max={Math.max(0, exampleCount - 1)}
                  value={from}
                  onChange={(value) => go(Number(value) || 0)}
                />
              }
            >
              <SimpleGrid cols={{ base: 4, sm: 6, md: 10, xl: 12 }} spacing="xs">
                {indexes.map((index) => (
                  <figure key={index} style={{ margin: 0 }}>
                    <img className="pixels" src={`/datasets/${id}/images/${index}.png`} alt={`Image ${index}`} loading="lazy" />
                    <Text component="figcaption" size="xs" c="dimmed" ta="center">
                      {index}
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
