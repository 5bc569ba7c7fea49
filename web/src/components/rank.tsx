/** Cells of rankings. @module */
import { Badge, Text, Tooltip } from '@mantine/core';

export interface RankValue {
  readonly rank: number;
  readonly tiedFrom: number;
  readonly tiedTo: number;
}

/** A rank, with those that it is tied with. */
export function Rank({ of: { rank, tiedFrom, tiedTo } }: { readonly of: RankValue }) {
  return (
    <>
      <Text fw={600}>{rank}</Text>
      {tiedFrom !== tiedTo && (
        <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
          tied, {tiedFrom}–{tiedTo}
        </Text>
      )}
    </>
  );
}

/** Beside a model whose accuracy is not to be believed. */
export function MaskedGradients() {
  return (
    <Tooltip
      label="Its gradients are masked: the accuracy under gradient attacks is no evidence of robustness."
      multiline
      w={280}
      events={{ hover: true, focus: true, touch: true }}
    >
      <Badge ml="xs" color="red" variant="light" tt="none" tabIndex={0}>
        masked gradients
      </Badge>
    </Tooltip>
  );
}
