/** What a page shows while it waits, when there is nothing, and when something is wrong. @module */
import { Alert, Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import { ButtonLink } from './links';
import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import type { Data } from '../data/use-data';

function Problem({ error, onRetry }: { readonly error: CombinedError; readonly onRetry?: (() => void) | undefined }) {
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

function Waiting({ rows = 4 }: { readonly rows?: number }) {
  return (
    <Stack gap="sm" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={28} />
      ))}
    </Stack>
  );
}

interface EmptyProps {
  readonly title: string;
  /** Whether it stands for the whole page. */
  readonly isPage?: boolean;
  readonly children?: ReactNode;
  /** What to do next: a button or a link. */
  readonly action?: ReactNode;
}

export function Empty({ title, isPage = false, children, action }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      {isPage ? (
        <Title order={1} size="h3">
          {title}
        </Title>
      ) : (
        <Text fw={600}>{title}</Text>
      )}
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
    <Empty
      isPage
      title="There is no such page"
      action={
        <ButtonLink to="/" variant="light">
          To the overview
        </ButtonLink>
      }
    >
      The address may be mistyped, or what it showed was deleted.
    </Empty>
  );
}

/** What is shown in place of a page whose code failed. */
export function Broken({ error, reset }: { readonly error: unknown; readonly reset: () => void }): ReactNode {
  return (
    <Empty
      isPage
      title="This page does not work"
      action={
        <Button variant="light" onClick={reset}>
          Try again
        </Button>
      }
    >
      {error instanceof Error ? error.message : String(error)} If it happens again, it is a mistake of the dashboard: please report it.
    </Empty>
  );
}
