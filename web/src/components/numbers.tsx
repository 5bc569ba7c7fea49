/** Numbers as people read them: shares with their intervals, amounts, times. @module */
import { Group, Text, Tooltip } from '@mantine/core';

export interface ProportionValue {
  readonly value?: number | null;
  readonly lower: number;
  readonly upper: number;
  readonly n: number;
}

const decimals = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Such as `54.4 %`. */
export const percent = (value: number | null | undefined) => (value == null ? '–' : `${(value * 100).toFixed(1)} %`);

export const amount = (value: number | null | undefined) => (value == null ? '–' : whole.format(value));

/** Such as `1 seed`, `3 seeds`. */
export const counted = (count: number, noun: string) => `${amount(count)} ${noun}${count === 1 ? '' : 's'}`;

export const decimal = (value: number | null | undefined) => (value == null ? '–' : decimals.format(value));

/** Such as `51.3 to 57.5 %, 95 % interval, n = 1,000`. */
export const intervalText = ({ lower, upper, n }: ProportionValue) =>
  `${(lower * 100).toFixed(1)} to ${(upper * 100).toFixed(1)} %, 95 % interval, n = ${whole.format(n)}`;

/** A share with its interval beside it. */
export function Share({ of, bare = false }: { readonly of: ProportionValue | null | undefined; readonly bare?: boolean }) {
  if (!of)
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  return (
    <Tooltip label={intervalText(of)} events={{ hover: true, focus: true, touch: true }}>
      <Group gap={6} wrap="nowrap" className="numbers" component="span" display="inline-flex" align="baseline">
        <span style={{ whiteSpace: 'nowrap' }}>{percent(of.value)}</span>
        {!bare && (
          <Text span size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            {(of.lower * 100).toFixed(1)}–{(of.upper * 100).toFixed(1)}
          </Text>
        )}
      </Group>
    </Tooltip>
  );
}

/** The interval of a share on the scale from 0 to 100 %. */
export function IntervalBar({
  of,
  color = 'var(--mantine-primary-color-filled)',
}: {
  readonly of: ProportionValue;
  readonly color?: string;
}) {
  const left = `${of.lower * 100}%`;
  return (
    <svg width="100%" height="10" role="img" aria-label={`${percent(of.value)}, ${intervalText(of)}`} style={{ display: 'block' }}>
      <rect width="100%" height="2" y="4" fill="light-dark(#dee2e6, #495057)" />
      <rect x={left} width={`${Math.max(0.5, (of.upper - of.lower) * 100)}%`} height="6" y="2" rx="3" fill={color} opacity="0.45" />
      {of.value != null && <circle cx={`${of.value * 100}%`} cy="5" r="4" fill={color} />}
    </svg>
  );
}

const SIZES = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Such as `1.5 MB`. */
export function bytes(count: number): string {
  const step = count < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(count) / 3));
  return `${decimal(count / 1000 ** step)} ${SIZES[step]}`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** Such as `3 minutes ago`. */
function ago(date: string): string {
  const seconds = (new Date(date).getTime() - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1)!;
  return relative.format(Math.round(seconds / length), unit);
}

/** Such as `1 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} style={{ whiteSpace: 'nowrap' }}>
      {ago(at)}
    </time>
  );
}
