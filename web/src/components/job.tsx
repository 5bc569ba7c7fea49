/** A job's state and how far it has come. @module */
import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import type { JobPartsFragment } from '../data/generated';
import { duration } from './numbers';

const STATES = {
  QUEUED: ['gray', 'waiting'],
  RUNNING: ['blue', 'running'],
  SUCCEEDED: ['green', 'finished'],
  FAILED: ['red', 'failed'],
  CANCELLED: ['gray', 'cancelled'],
} as const;

function StateBadge({ state }: { readonly state: keyof typeof STATES }) {
  const [color, name] = STATES[state];
  return (
    <Badge color={color} variant="light" tt="none">
      {name}
    </Badge>
  );
}

export function JobStatus({ job }: { readonly job: JobPartsFragment }) {
  const { state, progress, eta, error } = job;
  if (state === 'FAILED')
    return (
      <Stack gap={4}>
        <StateBadge state={state} />
        {error && <Text size="sm">{error}</Text>}
      </Stack>
    );
  if (state !== 'RUNNING' && state !== 'QUEUED') return <StateBadge state={state} />;
  const seconds = eta ? (new Date(eta).getTime() - Date.now()) / 1000 : undefined;
  const share = progress.total > 0 ? (progress.done / progress.total) * 100 : 0;
  return (
    <Stack gap={4} miw={160}>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <StateBadge state={state} />
        <Text size="xs" c="dimmed" className="numbers">
          {progress.done} of {progress.total} {progress.unit}
          {seconds !== undefined && seconds > 0 && `, ${duration(seconds)} left`}
        </Text>
      </Group>
      <Progress value={share} aria-label={`${Math.round(share)} % done`} animated={state === 'RUNNING'} size="sm" />
    </Stack>
  );
}
