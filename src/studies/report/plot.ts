/** Plots as SVG, without a browser. @module */
import type { TopLevelSpec } from 'vega-lite';
import type { Plot } from '../types.js';

/** Lines through means, with their intervals as bars. */
export async function plotSvg({ title, xTitle, yTitle, series }: Plot): Promise<string> {
  const values = series.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const x = { field: 'x', type: 'quantitative', title: xTitle } as const;
  const color = { field: 'name', type: 'nominal', title: null, sort: null, legend: { orient: 'right', labelLimit: 400 } } as const;
  const spec: TopLevelSpec = {
    title,
    width: 420,
    height: 280,
    background: 'white',
    data: { values },
    layer: [
      { mark: { type: 'line', point: true }, encoding: { x, y: { field: 'mean', type: 'quantitative', title: yTitle }, color } },
      { mark: 'rule', encoding: { x, y: { field: 'lower', type: 'quantitative' }, y2: { field: 'upper' }, color } },
    ],
  };
  // Loaded on demand: half a second that no start of a server needs.
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
