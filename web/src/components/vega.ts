/** Vega in a page whose policy forbids `eval`: expressions are interpreted. @module */
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';

interface ShowOptions {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
  readonly onSelect: (datum: Record<string, unknown>) => void;
}

/** Colours that are told apart by colour-blind people on light and dark (Okabe and Ito, adjusted in lightness). */
const CATEGORIES = {
  light: ['#1864ab', '#d9480f', '#2b8a3e', '#862e9c', '#c2255c', '#087f5b', '#5c940d', '#495057'],
  dark: ['#74c0fc', '#ffa94d', '#8ce99a', '#e599f7', '#faa2c1', '#63e6be', '#c0eb75', '#ced4da'],
};

/** @returns how to remove it. */
export async function show(
  element: HTMLElement,
  spec: TopLevelSpec,
  { width, height, scheme, onSelect }: ShowOptions,
): Promise<() => void> {
  const text = scheme === 'dark' ? '#c9c9c9' : '#343a40';
  const grid = scheme === 'dark' ? '#3b3b3b' : '#e9ecef';
  const font = getComputedStyle(document.body).fontFamily;
  const sized = {
    width,
    height,
    autosize: { type: 'fit', contains: 'padding' },
    background: 'transparent',
    ...spec,
    config: {
      font,
      view: { stroke: null },
      axis: {
        labelColor: text,
        titleColor: text,
        gridColor: grid,
        domainColor: grid,
        tickColor: grid,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: 500,
      },
      legend: { labelColor: text, titleColor: text, orient: 'top', labelFontSize: 12, labelLimit: 260 },
      title: { color: text },
      range: { category: CATEGORIES[scheme] },
      mark: { color: CATEGORIES[scheme][0] },
      rule: { color: text },
      point: { filled: true, size: 50 },
    },
  } as TopLevelSpec;
  const view = new View(parse(compile(sized).spec, undefined, { ast: true }), {
    renderer: 'svg',
    expr: expressionInterpreter,
    container: element,
  });
  // Titles of marks as the browser shows them: a tooltip of its own would need styles that the policy forbids.
  view.tooltip((_handler, event, _item, value) => {
    // Without an event when the chart is removed.
    const target = (event as MouseEvent | null)?.target as SVGElement | null | undefined;
    if (!target?.ownerSVGElement || value == null || value === '') return;
    const lines = typeof value === 'object' ? Object.entries(value).map(([name, part]) => `${name}: ${String(part)}`) : [String(value)];
    const title = target.querySelector('title') ?? target.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'title'));
    title.textContent = lines.join('\n');
  });
  view.addEventListener('click', (_event, item) => {
    if (item?.datum) onSelect(item.datum as Record<string, unknown>);
  });
  await view.runAsync();
  return () => {
    view.finalize();
    element.replaceChildren();
  };
}
