/** For admins: who may use the server, what is stored, and who did what. @module */
import { Alert, Badge, Button, Card, Code, CopyButton, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { DataTable, type Column } from '../../components/data-table';
import { FilterText } from '../../components/filters';
import { codeText } from '../../components/findings';
import { amount, bytes, Time } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import {
  AdminPageDocument,
  AuditPageDocument,
  CreateTokenDocument,
  RevokeTokenDocument,
  type AdminPageQuery,
  type AuditPageQuery,
  type Role,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { useStart } from '../../forms/use-start';

const route = getRouteApi('/admin');

const PAGE_SIZE = 50;

const ROLES: readonly { readonly value: Role; readonly label: string }[] = [
  { value: 'VIEWER', label: 'viewer: sees public results' },
  { value: 'SUBMITTER', label: 'submitter: submits and evaluates models' },
  { value: 'ADMIN', label: 'admin: can do everything' },
];

type Token = AdminPageQuery['tokens']['nodes'][number];

export default function AdminPage(): ReactNode {
  const { after } = route.useSearch();
  const navigate = route.useNavigate();
  const data = useData(AdminPageDocument, { first: PAGE_SIZE, after: after ?? null });
  const isForbidden = data.error?.graphQLErrors.some(({ extensions }) => extensions['code'] === 'FORBIDDEN');
  return (
    <Page title="Admin" lead="Tokens of people and programs, of which those of one name own the same things; storage, and what was done.">
      {isForbidden ? (
        <Card>
          <Empty title="This page is for admins">Sign in with a token of role ADMIN.</Empty>
        </Card>
      ) : (
        <>
          <NewToken />
          <Loaded of={data} rows={6}>
            {({ tokens: { nodes, totalCount, pageInfo }, viewer, storageUse }) => (
              <>
                <Section title="Tokens">
                  <DataTable
                    label="Tokens"
                    rows={nodes}
                    keyOf={({ id }) => id}
                    columns={columns(viewer.name)}
                    minWidth={760}
                    page={{
                      totalCount,
                      pageInfo,
                      after,
                      onGo: (next) => void navigate({ search: (previous) => ({ ...previous, after: next }) }),
                    }}
                  />
                </Section>
                <Section title="Storage">
                  <DataTable
                    label="Storage"
                    rows={[...storageUse].sort((a, b) => b.bytes - a.bytes)}
                    keyOf={({ owner, kind }) => `${owner} ${kind}`}
                    columns={STORAGE_COLUMNS}
                  />
                </Section>
              </>
            )}
          </Loaded>
          <Audit />
        </>
      )}
    </Page>
  );
}

const STORAGE_COLUMNS: readonly Column<AdminPageQuery['storageUse'][number]>[] = [
  { name: 'Owner', cell: ({ owner }) => owner },
  { name: 'What', cell: ({ kind }) => codeText(kind) },
  { name: 'How many', numeric: true, cell: ({ count }) => amount(count) },
  { name: 'Size', numeric: true, cell: ({ bytes: size }) => bytes(size) },
];

const AUDIT_COLUMNS: readonly Column<AuditPageQuery['auditLog']['nodes'][number]>[] = [
  { name: 'When', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { name: 'Who', cell: ({ actor }) => actor },
  { name: 'What', cell: ({ action }) => codeText(action) },
  {
    name: 'Of what',
    cell: ({ subjectType, subjectName }) => (
      <>
        {subjectName ?? '–'}
        <Text size="xs" c="dimmed">
          {subjectType}
        </Text>
      </>
    ),
  },
];

/** Who did what. */
function Audit() {
  const { actor, entries } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, entries: undefined, ...part }), resetScroll: false });
  const data = useData(AuditPageDocument, { first: PAGE_SIZE, after: entries ?? null, filter: actor ? { actor } : {} });
  return (
    <Section title="What was done" aside={<FilterText label="By" value={actor} onChange={(value) => change({ actor: value })} />}>
      <Loaded of={data}>
        {({ auditLog: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <Empty title="Nothing was done that is like this" />
          ) : (
            <DataTable
              label="What was done"
              rows={nodes}
              keyOf={({ id }) => id}
              columns={AUDIT_COLUMNS}
              page={{ totalCount, pageInfo, after: entries, onGo: (next) => change({ entries: next }) }}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

function NewToken() {
  const { start, problem, isStarting } = useStart(CreateTokenDocument);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('SUBMITTER');
  const [days, setDays] = useState<number>();
  const [secret, setSecret] = useState<string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSecret(undefined);
    const expiresAt = days === undefined ? undefined : new Date(Date.now() + days * 86_400_000).toISOString();
    const answer = await start({ name, role, ...(expiresAt && { expiresAt }) });
    if (!answer) return;
    setSecret(answer.secret);
    setName('');
  };
  return (
    <Section title="New token">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <Group align="flex-start" gap="sm">
            <TextInput label="Whom it is for" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <Select
              label="Role"
              w={330}
              data={[...ROLES]}
              value={role}
              onChange={(value) => value && setRole(value as Role)}
              allowDeselect={false}
            />
            <NumberInput
              label="Days until it expires"
              placeholder="never"
              min={1}
              value={days ?? ''}
              onChange={(value) => setDays(value === '' ? undefined : Number(value))}
            />
            <Button type="submit" mt={25} loading={isStarting} disabled={name.trim() === ''}>
              Create
            </Button>
          </Group>
          {problem && (
            <Alert color="red" variant="light" role="alert">
              {problem}
            </Alert>
          )}
          {secret && (
            <Alert color="green" variant="light" role="status" title="This is the only time that it is shown">
              <Group gap="sm">
                <Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code>
                <CopyButton value={secret}>
                  {({ copied, copy }) => (
                    <Button size="compact-sm" variant="default" onClick={copy}>
                      {copied ? 'Copied' : 'Copy'}
                    </Button>
                  )}
                </CopyButton>
              </Group>
            </Alert>
          )}
        </Stack>
      </form>
    </Section>
  );
}

const columns = (viewer: string): readonly Column<Token>[] => [
  {
    name: 'Name',
    cell: ({ name }) => (
      <>
        {name}
        {name === viewer && (
          <Text span size="xs" c="dimmed">
            {' '}
            (your name)
          </Text>
        )}
      </>
    ),
  },
  { name: 'Role', cell: ({ role }) => role.toLowerCase() },
  { name: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { name: 'Last used', cell: ({ lastUsedAt }) => (lastUsedAt ? <Time at={lastUsedAt} /> : 'never') },
  { name: 'Expires', cell: ({ expiresAt }) => (expiresAt ? <Time at={expiresAt} /> : 'never') },
  { name: '', cell: (token) => <Revoke token={token} /> },
];

/** Asked twice: whoever has the token is signed out at once. */
function Revoke({ token: { id, name, revokedAt } }: { readonly token: Token }) {
  const { start, problem, isStarting } = useStart(RevokeTokenDocument);
  const [isAsked, setAsked] = useState(false);
  if (revokedAt)
    return (
      <Badge color="gray" variant="light" tt="none">
        revoked
      </Badge>
    );
  return (
    <>
      <Button
        size="compact-sm"
        variant={isAsked ? 'filled' : 'default'}
        color={isAsked ? 'red' : 'blue'}
        loading={isStarting}
        onClick={() => (isAsked ? void start({ tokenId: id }) : setAsked(true))}
        onBlur={() => setAsked(false)}
        aria-label={isAsked ? `Revoke the token of ${name} for good` : `Revoke the token of ${name}`}
      >
        {isAsked ? 'Revoke for good' : 'Revoke'}
      </Button>
      {problem && (
        <Text size="xs" c="red">
          {problem}
        </Text>
      )}
    </>
  );
}
