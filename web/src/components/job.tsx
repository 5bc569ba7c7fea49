/** A job's state and how far it has come. @module */
import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import type { JobPartsFragment } from '../data/generated';
import { useLiveJob } from '../data/use-data';
import { useAttackTitle } from './attack';
import { duration } from './numbers';

const STATES = {
  QUEUED: ['gray', 'waiting'],
  RUNNING: ['blue', 'running'],
  SUCCEEDED: ['green', 'finished'],
  FAILED: ['red', 'failed'],
  CANCELLED: ['gray', 'cancelled'],
} as const;

/** For a filter. */
export const JOB_STATES = Object.entries(STATES).map(([value, [, label]]) => ({ value: value as keyof typeof STATES, label }));

function StateBadge({ state }: { readonly state: keyof typeof STATES }) {
  const [color, name] = STATES[state];
  return (
    <Badge color={color} variant="light" tt="none" miw="max-content">
      {name}
    </Badge>
  );
}

interface JobStatusProps {
  readonly job: JobPartsFragment;
  /** Called when it has ended; then it is followed. */
  readonly onOver?: () => void;
}

export function JobStatus({ job, onOver }: JobStatusProps) {
  useLiveJob(onOver ? job : undefined, () => onOver?.());
  const titleOf = useAttackTitle();
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
  const share = progress.fraction * 100;
  return (
    <Stack gap={4} miw={160}>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <StateBadge state={state} />
        <Text size="xs" c="dimmed" className="numbers">
          {progress.done} of {progress.total} {progress.unit}
          {seconds !== undefined && seconds > 0 && `, ${duration(seconds)} left`}
        </Text>
      </Group>
      {progress.stage && (
        <Text size="xs" c="dimmed">
          {titleOf(progress.stage)}
        </Text>
      )}
      <Progress value={share} aria-label={`${Math.round(share)} % done`} animated={state === 'RUNNING'} size="sm" />
    </Stack>
  );
}
