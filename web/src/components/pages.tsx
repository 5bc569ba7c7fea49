/** To the next page of a list, and back to its first. @module */
import { Button, Group, Text } from '@mantine/core';
import { amount } from './numbers';

interface PagesProps {
  readonly total: number;
  readonly shown: number;
  readonly isFirst: boolean;
  readonly next: string | null | undefined;
  readonly onGo: (after: string | undefined) => void;
}

export function Pages({ total, shown, isFirst, next, onGo }: PagesProps) {
  return (
    <Group justify="space-between" mt="md" className="no-print">
      <Text size="sm" c="dimmed">
        {amount(shown)} of {amount(total)}
      </Text>
      <Group gap="xs">
        {!isFirst && (
          <Button variant="default" onClick={() => onGo(undefined)}>
            First page
          </Button>
        )}
        {next && (
          <Button variant="default" onClick={() => onGo(next)}>
            Next page
          </Button>
        )}
      </Group>
    </Group>
  );
}
