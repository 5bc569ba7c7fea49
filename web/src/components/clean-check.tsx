/** How a model is on clean images, and what brings its accuracy back where it is poor. @module */
import { Text } from '@mantine/core';
import type { CleanCheckPartsFragment } from '../data/generated';
import { decimal, percent, Share } from './numbers';

type Preparation = NonNullable<CleanCheckPartsFragment['best']>;

const preparationText = ({ valueRange, mean, std, channelOrder }: Preparation) =>
  [
    `pixels from ${valueRange.join(' to ')}`,
    mean && `mean ${mean.map(decimal).join(', ')}`,
    std && `standard deviation ${std.map(decimal).join(', ')}`,
    `channels in the order ${channelOrder}`,
  ]
    .filter(Boolean)
    .join(', ');

export function CleanCheckText({ of }: { readonly of: CleanCheckPartsFragment | null | undefined }) {
  if (!of) return '–';
  return (
    <>
      <Share of={of.accuracy} /> on {of.dataset}
      {of.best && (
        <Text size="xs" c="dimmed">
          {percent(of.best.accuracy.value)} with {preparationText(of.best)}
        </Text>
      )}
      {of.classOrder && (
        <Text size="xs" c="dimmed">
          {percent(of.classOrder.accuracy.value)} with the classes in another order: {of.classOrder.description}
        </Text>
      )}
    </>
  );
}
