/** What a page shows while it waits, when there is nothing, and when something is wrong. @module */
import { Alert, Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import { ButtonLink } from './links';
import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import type { Data } from '../data/use-data';

export function Problem({ error, onRetry }: { readonly error: CombinedError; readonly onRetry?: (() => void) | undefined }) {
  const isOffline = error.networkError !== undefined && error.graphQLErrors.length === 0;
  return (
    <Alert color="red" variant="light" title={isOffline ? 'The server does not answer' : 'This could not be loaded'} role="alert">
      <Text size="sm">
        {isOffline
          ? 'It may be restarting, or the network is away. Work that runs on the server is not affected.'
          : error.graphQLErrors.map(({ message }) => message).join(' ')}
      </Text>
      {onRetry && (
        <Button mt="sm" size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** Shows data; until there is some, a skeleton or what went wrong. */
export function Loaded<Result>({
  of,
  children,
  rows = 4,
}: {
  readonly of: Data<Result>;
  readonly children: (data: Result) => ReactNode;
  readonly rows?: number;
}) {
  const { data, error, reload } = of;
  return (
    <>
      {error && <Problem error={error} onRetry={reload} />}
      {data ? children(data) : !error && <Waiting rows={rows} />}
    </>
  );
}

export function Waiting({ rows = 4 }: { readonly rows?: number }) {
  return (
    <Stack gap="sm" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={28} />
      ))}
    </Stack>
  );
}

/** @param action what to do next: a button or a link. */
export function Empty({ title, children, action }: { readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Text fw={600}>{title}</Text>
      {children && (
        <Text c="dimmed" size="sm" maw={480}>
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}

export function NotFound(): ReactNode {
  return (
    <Stack align="center" py="xl" gap="xs">
      <Title order={1} size="h3">
        There is no such page
      </Title>
      <Text c="dimmed">The address may be mistyped, or what it showed was deleted.</Text>
      <ButtonLink to="/" variant="light">
        To the overview
      </ButtonLink>
    </Stack>
  );
}
