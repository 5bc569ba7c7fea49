/** A report as one HTML page that needs nothing else: no scripts, no other files. @module */
import type { Recipe, Report, Settings, Table, Verdict } from '../types.js';
import { plotSvg } from './plot.js';
import { estimateText, OUTCOMES } from './text.js';

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; }
  table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; display: block; overflow-x: auto; }
  th, td { border-bottom: 1px solid #ddd; padding: 0.25rem 0.75rem; text-align: left; vertical-align: top; }
  svg { max-width: 100%; height: auto; }
  small { color: #666; }`;

export async function reportHtml(recipe: Pick<Recipe, 'name' | 'title' | 'claim'>, settings: Settings, report: Report): Promise<string> {
  const plots = await Promise.all(report.plots.map(plotSvg));
  const title = `${recipe.name}: ${recipe.title}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style></head>
<body>
<h1>${escape(title)}</h1>
<p>${escape(recipe.claim)}</p>
<p><small>${escape(`${settings.title}; ${settings.seeds} seeds, ${settings.steps} steps, ${settings.sampleCount} test images. Means over seeds with 95 % intervals after Student. Figures of the paper are approximate.`)}</small></p>
<h2>Verdicts</h2>
${verdictTable(report.verdicts)}
${plots.join('\n')}
${report.tables.map(table).join('\n')}
</body>
</html>
`;
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(
    ({ statement, criterion, paper, estimate, outcome }) =>
      `<tr><td>${escape(statement)}<br><small>${escape(criterion)}</small></td><td>${OUTCOMES[outcome]}</td><td>${estimateText(estimate)}</td><td>${escape(paper)}</td></tr>`,
  );
  return `<table><thead><tr><th>statement</th><th>verdict</th><th>here</th><th>paper</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function table({ title, columns, rows }: Table): string {
  const head = columns.map((column) => `<th>${escape(column)}</th>`).join('');
  const body = rows.map(
    ({ label, cells }) => `<tr><td>${escape(label)}</td>${cells.map((cell) => `<td>${estimateText(cell)}</td>`).join('')}</tr>`,
  );
  return `<h2>${escape(title)}</h2>\n<table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
