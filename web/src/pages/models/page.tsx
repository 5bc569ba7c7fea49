/** All models. @module */
import { Badge, Card, Group, Select, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { AnchorLink, ButtonLink } from '../../components/links';
import type { ReactNode } from 'react';
import { JobStatus } from '../../components/job';
import { amount, Time } from '../../components/numbers';
import { Page } from '../../components/page';
import { Pages } from '../../components/pages';
import { Empty, Loaded } from '../../components/states';
import { ModelsPageDocument, type ModelsPageQuery } from '../../data/generated';
import { useData, useLiveJob } from '../../data/use-data';
import { ACCESS } from './access';

const route = getRouteApi('/models');

const PAGE_SIZE = 50;

type Model = ModelsPageQuery['models']['nodes'][number];

export default function ModelsPage(): ReactNode {
  const { name, status, after } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false, replace: true });
  const find = useDebouncedCallback((text: string) => change({ name: text === '' ? undefined : text }), 250);
  const data = useData(ModelsPageDocument, {
    first: PAGE_SIZE,
    after: after ?? null,
    filter: { ...(name && { nameContains: name }), ...(status && { statuses: [status] }) },
  });
  return (
    <Page
      title="Models"
      lead="Classifiers that were submitted, trained here, or came with the server."
      actions={<ButtonLink to="/submit">Submit a model</ButtonLink>}
    >
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Name contains"
          defaultValue={name ?? ''}
          onChange={(event) => find(event.currentTarget.value)}
          placeholder="any"
        />
        <Select
          label="Status"
          placeholder="any"
          clearable
          data={[
            { value: 'READY', label: 'ready' },
            { value: 'VALIDATING', label: 'being validated' },
            { value: 'REJECTED', label: 'rejected' },
          ]}
          value={status ?? null}
          onChange={(value) => change({ status: (value ?? undefined) as Search['status'] })}
        />
      </Group>
      <Loaded of={data} rows={8}>
        {({ models: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <Empty title={name || status ? 'No model is like this' : 'There is no model yet'}>
              {name || status ? 'None passes all filters.' : 'Submit one here, with the client, the command line or the API.'}
            </Empty>
          ) : (
            <Card>
              <div className="scroll-x" tabIndex={0} role="region" aria-label="Models">
                <Table miw={760}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th>Input</Table.Th>
                      <Table.Th>Classes</Table.Th>
                      <Table.Th>Parameters</Table.Th>
                      <Table.Th>Attacks can use</Table.Th>
                      <Table.Th>Owner</Table.Th>
                      <Table.Th>Submitted</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {nodes.map((model) => (
                      <Row key={model.id} model={model} onOver={data.reload} />
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <Pages
                total={totalCount}
                shown={nodes.length}
                isFirst={!after}
                next={pageInfo.hasNextPage ? pageInfo.endCursor : undefined}
                onGo={(next) => change({ after: next })}
              />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}

function Row({ model, onOver }: { readonly model: Model; readonly onOver: () => void }) {
  const { id, name, description, architecture, format, spec, parameterCount, access, owner, visibility, createdAt, status, job } = model;
  useLiveJob(job ?? undefined, onOver);
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs">
          <AnchorLink to="/models/$id" params={{ id: id }}>
            {name}
          </AnchorLink>
          {status === 'REJECTED' && (
            <Badge color="red" variant="light" tt="none">
              rejected
            </Badge>
          )}
        </Group>
        {status === 'VALIDATING' && job ? (
          <JobStatus job={job} />
        ) : (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {description ?? architecture ?? format}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="numbers">{spec?.inputShape.join(' × ') ?? '–'}</Table.Td>
      <Table.Td className="numbers">{amount(spec?.classCount)}</Table.Td>
      <Table.Td className="numbers">{amount(parameterCount)}</Table.Td>
      <Table.Td>{ACCESS[access]}</Table.Td>
      <Table.Td>
        {owner}
        <Text size="xs" c="dimmed">
          {visibility.toLowerCase()}
        </Text>
      </Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}
