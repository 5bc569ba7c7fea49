/** What the automatic checks found, and what to do about it. @module */
import { Alert, Badge, Group, Stack, Text, Tooltip } from '@mantine/core';

export interface FindingValue {
  readonly code: string;
  readonly severity: 'ERROR' | 'INFO' | 'WARNING';
  readonly message: string;
}

const COLORS = { ERROR: 'red', WARNING: 'orange', INFO: 'blue' } as const;
const ORDER = ['ERROR', 'WARNING', 'INFO'];

export const codeText = (code: string) => code.charAt(0) + code.slice(1).toLowerCase().replaceAll('_', ' ');

const sorted = (findings: readonly FindingValue[]) => [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));

export function Findings({ of }: { readonly of: readonly FindingValue[] }) {
  if (of.length === 0)
    return (
      <Text c="dimmed" size="sm">
        The automatic checks found nothing that speaks against the numbers.
      </Text>
    );
  return (
    <Stack gap="xs">
      {sorted(of).map(({ code, severity, message }, i) => (
        <Alert key={`${code}${i}`} color={COLORS[severity]} variant="light" title={codeText(code)} p="sm">
          <Text size="sm">{message}</Text>
        </Alert>
      ))}
    </Stack>
  );
}

/** One badge for each, for rows of tables. */
export function FindingBadges({ of }: { readonly of: readonly FindingValue[] | null | undefined }) {
  if (!of || of.length === 0) return null;
  return (
    <Group gap={4}>
      {sorted(of).map(({ code, severity, message }, i) => (
        <Tooltip key={`${code}${i}`} label={message} multiline w={320} events={{ hover: true, focus: true, touch: true }}>
          <Badge color={COLORS[severity]} variant="light" size="sm" tt="none" tabIndex={0}>
            {codeText(code)}
          </Badge>
        </Tooltip>
      ))}
    </Group>
  );
}
