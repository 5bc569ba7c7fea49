/** All data sets. @module */
import { Card, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { AnchorLink } from '../../components/links';
import { amount } from '../../components/numbers';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { DatasetNamesDocument } from '../../data/generated';
import { useData } from '../../data/use-data';

export default function DatasetsPage(): ReactNode {
  const data = useData(DatasetNamesDocument, {});
  return (
    <Page title="Data sets" lead="Images with labels, which models are evaluated and trained on.">
      <Loaded of={data}>
        {({ datasets: { nodes } }) =>
          nodes.length === 0 ? (
            <Empty title="There is no data set yet">An admin registers one with `registerDataset`.</Empty>
          ) : (
            <Card>
              <div className="scroll-x" tabIndex={0} role="region" aria-label="Data sets">
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th>Images</Table.Th>
                      <Table.Th>Size</Table.Th>
                      <Table.Th>Classes</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {nodes.map(({ id, name, split, exampleCount, imageShape, classNames }) => (
                      <Table.Tr key={id}>
                        <Table.Td>
                          <AnchorLink to="/datasets/$id" params={{ id }}>
                            {name}
                          </AnchorLink>
                          <Text size="xs" c="dimmed">
                            {split === 'TEST' ? 'for evaluation' : 'for training'}
                          </Text>
                        </Table.Td>
                        <Table.Td className="numbers">{amount(exampleCount)}</Table.Td>
                        <Table.Td className="numbers">{imageShape.join(' × ')}</Table.Td>
                        <Table.Td className="numbers">{amount(classNames.length)}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}
