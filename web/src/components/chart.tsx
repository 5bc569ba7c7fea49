/** Charts of Vega-Lite, which reports use too. Their code is loaded when the first is shown. @module */
import { Skeleton, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import type { TopLevelSpec } from 'vega-lite';

interface ChartProps {
  /** Without width, height and colours of the page. */
  readonly spec: object;
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly height?: number;
  /** Called with the datum of a mark that was clicked. */
  readonly onSelect?: (datum: Record<string, unknown>) => void;
}

const TWO_COLUMNS = 420;
const oneColumn = (legend: unknown) => (legend === null ? null : { ...(legend as object), columns: 1 });

export function Chart({ spec, label, height = 260, onSelect }: ChartProps) {
  const scheme = useComputedColorScheme('light');
  const { ref, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const [isShown, setShown] = useState(false);
  const select = useRef(onSelect);
  select.current = onSelect;
  // Names of a legend in two columns take about so much room.
  const key = JSON.stringify(spec, (name, value: unknown) => (name === 'legend' && width < TWO_COLUMNS ? oneColumn(value) : value));

  useEffect(() => {
    if (width === 0) return;
    let isLeft = false;
    let dispose: (() => void) | undefined;
    void import('./vega').then(async ({ show }) => {
      if (isLeft || !holder.current) return;
      dispose = await show(holder.current, JSON.parse(key) as TopLevelSpec, {
        width,
        height,
        scheme,
        onSelect: (datum) => select.current?.(datum),
      });
      if (isLeft) dispose();
      else setShown(true);
    });
    return () => {
      isLeft = true;
      dispose?.();
    };
  }, [key, width, height, scheme]);

  return (
    <figure role="img" aria-label={label} style={{ margin: 0, minWidth: 0, overflow: 'hidden' }} ref={ref}>
      {!isShown && <Skeleton height={height} />}
      <div ref={holder} aria-hidden="true" />
    </figure>
  );
}
