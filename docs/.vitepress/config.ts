/** The documentation site. `npm run docs:build` builds it; a link to a page that does not exist fails the build. */
import { defineConfig, type DefaultTheme, type MarkdownRenderer } from 'vitepress';
import { slug } from '../../scripts/docs/slug.js';

const item = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

/** Where the sources are, for links that leave docs/. Unknown outside of CI; such links are then plain text. */
const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY, GITHUB_REF_NAME = 'main' } = process.env;
const sources = GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;

/** Links from docs/ to other files of the repository lead to its web page. */
function linksToSources(md: MarkdownRenderer): void {
  md.core.ruler.push('links-to-sources', ({ tokens, env }) => {
    const depth = String((env as { relativePath?: string }).relativePath ?? '').split('/').length;
    const outside = new RegExp(`^(?:\\.\\./){${depth}}(?!\\.\\.)`);
    for (const { children } of tokens) {
      let isPlain = false;
      for (const token of children ?? []) {
        if (token.type === 'link_close' && isPlain) {
          token.tag = 'span';
          isPlain = false;
        }
        const target = token.type === 'link_open' ? token.attrGet('href') : null;
        if (!target || !outside.test(target)) continue;
        if (sources) token.attrSet('href', `${sources}/blob/${GITHUB_REF_NAME}/${target.replace(outside, '')}`);
        else {
          Object.assign(token, { type: 'span_open', tag: 'span', attrs: null });
          isPlain = true;
        }
      }
    }
  });
}

export default defineConfig({
  title: 'Gauntlet',
  description: 'A GraphQL server that measures how robust image classifiers are to adversarial examples.',
  base: process.env['DOCS_BASE'] ?? '/',
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    anchor: { slugify: slug },
    config: linksToSources,
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: sources ? [{ icon: 'github', link: sources }] : [],
    nav: [
      item('Guide', '/guide/first-numbers'),
      item('Attacks', '/reference/attacks'),
      item('API', '/reference/api/'),
      item('Configuration', '/reference/configuration'),
    ] as DefaultTheme.NavItem[],
    sidebar: [
      {
        text: 'Guide',
        items: [
          item('First numbers', '/guide/first-numbers'),
          item('Is my defence real?', '/guide/is-my-defence-real'),
          item('Submit a model', '/guide/submit-a-model'),
          item('Enter a benchmark', '/guide/benchmarks'),
          item('Data of your own', '/guide/data-of-your-own'),
          item('Black boxes', '/guide/black-boxes'),
          item('Noise, blur and weather', '/guide/corruptions'),
          item('Transfer between models', '/guide/transfer'),
          item('Classical classifiers', '/guide/classical-classifiers'),
          item('Train a robust model', '/guide/train'),
          item('Certify a model', '/guide/certify'),
          item('Compare models', '/guide/compare'),
          item('Keep order', '/guide/keep-order'),
          item('Exchange data', '/guide/exchange'),
          item('Clients', '/guide/clients'),
          item('Your own dashboard', '/guide/own-dashboard'),
          item('Run for a team', '/guide/run-for-a-team'),
          item('Operations', '/operations'),
          item('Reproduce the paper', '/guide/reproduce'),
          item('Extend', '/guide/extend'),
        ],
      },
      {
        text: 'Concepts',
        items: [
          item('What a number means', '/what-a-number-means'),
          item('About attacks', '/about-attacks'),
          item('Training', '/training'),
          item('Limits', '/limits'),
          item('Architecture', '/architecture'),
        ],
      },
      {
        text: 'Reference',
        items: [
          item('Attacks', '/reference/attacks'),
          item('Attacks of other libraries', '/attacks-of-peers'),
          item('Budgets', '/reference/budgets'),
          item('Training', '/reference/training'),
          item('Findings', '/reference/findings'),
          item('Errors', '/reference/errors'),
          item('Data sets and model files', '/reference/data'),
          item('Operators and their gradients', '/reference/operators'),
          item('Studies', '/reference/studies'),
          item('Configuration', '/reference/configuration'),
          item('Engines', '/reference/engines'),
          item('Roles and routes', '/reference/access'),
        ],
      },
      {
        text: 'GraphQL API',
        items: [
          item('Conventions', '/reference/api/'),
          ...['queries', 'mutations', 'subscriptions', 'types', 'inputs', 'enums'].map((name) =>
            item(name[0]!.toUpperCase() + name.slice(1), `/reference/api/${name}`),
          ),
        ],
      },
      {
        text: 'Measured',
        items: [
          item('Figures', '/figures'),
          item('Every attack', '/attacks'),
          item('Studies', '/studies'),
          item('Studies, five seeds', '/studies-five-seeds'),
          item('Label leaking', '/studies-label-leaking'),
          item('Transfer between techniques', '/studies-cross-technique'),
          item('Adversarial training on texts', '/studies-text'),
          item('Third-party models', '/third-party'),
        ],
      },
    ],
  },
});
