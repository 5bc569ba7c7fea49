/** Rows of one kind: headings that sort, what is shown of each, and the way to the next page. @module */
import { Button, Group, Table, Text, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { amount } from './numbers';

export interface Column<Row> {
  /** Heading; empty where what it holds speaks for itself, such as buttons. */
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly numeric?: boolean;
  readonly width?: number | string;
  /** What the list is ordered by when the heading is pressed: the value of `order` in the address, and its opposite. */
  readonly sort?: { readonly down: string; readonly up: string };
}

interface PageState {
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
  /** Cursor of the page that is shown; undefined is the first. */
  readonly after: string | undefined;
  readonly onGo: (after: string | undefined) => void;
}

interface DataTableProps<Row> {
  /** Of the table, for those who do not see it. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly columns: readonly (Column<Row> | false)[];
  readonly minWidth?: number;
  readonly order?: string | undefined;
  readonly onOrder?: (order: string) => void;
  readonly page?: PageState;
}

export function DataTable<Row>({ label, rows, keyOf, columns, minWidth = 600, order, onOrder, page }: DataTableProps<Row>) {
  const shown = columns.filter((column) => column !== false);
  return (
    <>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={label}>
        <Table miw={minWidth}>
          <Table.Thead>
            <Table.Tr>
              {shown.map((column) =>
                column.name === '' ? (
                  <Table.Td key={column.name} />
                ) : (
                  <Heading key={column.name} column={column} order={order} onOrder={onOrder} />
                ),
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={keyOf(row)}>
                {shown.map(({ name, cell, numeric }) => (
                  <Table.Td key={name} {...(numeric && { className: 'numbers' })}>
                    {cell(row)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {page && <Pages {...page} shown={rows.length} />}
    </>
  );
}

interface HeadingProps {
  readonly column: Pick<Column<never>, 'name' | 'sort' | 'width'>;
  readonly order: string | undefined;
  readonly onOrder: ((order: string) => void) | undefined;
}

function Heading({ column: { name, sort, width }, order, onOrder }: HeadingProps) {
  if (!sort || !onOrder) return <Table.Th miw={width}>{name}</Table.Th>;
  const [isDown, isUp] = [order === sort.down, order === sort.up];
  return (
    <Table.Th miw={width} aria-sort={isDown ? 'descending' : isUp ? 'ascending' : 'none'}>
      <UnstyledButton className="sort" onClick={() => onOrder(isDown ? sort.up : sort.down)}>
        {name} <span aria-hidden="true">{isDown ? '↓' : isUp ? '↑' : '↕'}</span>
      </UnstyledButton>
    </Table.Th>
  );
}

function Pages({ totalCount, pageInfo, after, onGo, shown }: PageState & { readonly shown: number }) {
  return (
    <Group justify="space-between" mt="md" className="no-print">
      <Text size="sm" c="dimmed">
        {amount(shown)} of {amount(totalCount)}
      </Text>
      <Group gap="xs">
        {after && (
          <Button variant="default" onClick={() => onGo(undefined)}>
            First page
          </Button>
        )}
        {pageInfo.hasNextPage && pageInfo.endCursor && (
          <Button variant="default" onClick={() => onGo(pageInfo.endCursor!)}>
            Next page
          </Button>
        )}
      </Group>
    </Group>
  );
}
