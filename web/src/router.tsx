/** Every page: its path, what its address keeps, and where its code is. One more page is one entry here, and one of `PAGES` in src/http/dashboard.ts. @module */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Broken, NotFound } from './components/states';
import { ORDERS } from './pages/evaluations/orders';
import { readAttacks } from './forms/attacks';
import { MEASURES } from './pages/training/measures';
import { readSelected } from './pages/new-training/selection';
import { flag, list, number, oneOf, search, text } from './search';
import { Shell } from './shell/shell';

const norm = oneOf('LINF', 'L2', 'L1', 'L0');
const jobState = oneOf('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');
const visibility = oneOf('PRIVATE', 'LISTED', 'PUBLIC');

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const under = { getParentRoute: () => root } as const;

const pages = [
  createRoute({ ...under, path: '/', component: lazyRouteComponent(() => import('./pages/overview/page')) }),
  createRoute({
    ...under,
    path: '/evaluations',
    validateSearch: search({
      model: text,
      dataset: text,
      attack: text,
      norm,
      epsilon: number,
      state: jobState,
      owner: text,
      finding: text,
      visibility,
      tag: text,
      order: oneOf(...ORDERS),
      after: text,
    }),
    component: lazyRouteComponent(() => import('./pages/evaluations/page')),
  }),
  createRoute({
    ...under,
    path: '/evaluations/$id',
    validateSearch: search({
      outcome: oneOf('fooled', 'held'),
      label: number,
      predicted: number,
      confidence: number,
      distortion: number,
      magnify: number,
      after: text,
      example: number,
    }),
    component: lazyRouteComponent(() => import('./pages/evaluation/page')),
  }),
  createRoute({
    ...under,
    path: '/models',
    validateSearch: search({
      name: text,
      status: oneOf('READY', 'REJECTED', 'VALIDATING'),
      owner: text,
      visibility,
      tag: text,
      order: oneOf('newest', 'oldest', 'a-z', 'z-a'),
      after: text,
    }),
    component: lazyRouteComponent(() => import('./pages/models/page')),
  }),
  createRoute({
    ...under,
    path: '/models/$id',
    validateSearch: search({ dataset: text, attacks: list, beside: list, transfer: oneOf('from', 'to') }),
    component: lazyRouteComponent(() => import('./pages/model/page')),
  }),
  createRoute({
    ...under,
    path: '/leaderboard',
    validateSearch: search({ dataset: text, norm, epsilon: text, each: flag, after: text }),
    component: lazyRouteComponent(() => import('./pages/leaderboard/page')),
  }),
  createRoute({
    ...under,
    path: '/benchmarks',
    validateSearch: search({ after: text }),
    component: lazyRouteComponent(() => import('./pages/benchmarks/page')),
  }),
  createRoute({ ...under, path: '/benchmarks/$id', component: lazyRouteComponent(() => import('./pages/benchmark/page')) }),
  createRoute({
    ...under,
    path: '/new-evaluation',
    validateSearch: search({
      model: text,
      models: list,
      dataset: text,
      attack: text,
      attacks: readAttacks,
      epsilons: text,
      images: number,
      seed: number,
      keep: flag,
    }),
    component: lazyRouteComponent(() => import('./pages/new-evaluation/page')),
  }),
  createRoute({
    ...under,
    path: '/new-training',
    validateSearch: search({
      from: oneOf('model', 'architecture'),
      model: text,
      architecture: text,
      dataset: text,
      extra: text,
      fraction: number,
      name: text,
      visibility,
      scheme: readSelected,
      optimizer: readSelected,
      schedule: readSelected,
      epochs: number,
      batch: number,
      interval: number,
      seed: number,
    }),
    component: lazyRouteComponent(() => import('./pages/new-training/page')),
  }),
  createRoute({
    ...under,
    path: '/new-transfer',
    validateSearch: search({
      sources: list,
      targets: list,
      dataset: text,
      attacks: readAttacks,
      epsilons: text,
      images: number,
      seed: number,
    }),
    component: lazyRouteComponent(() => import('./pages/new-transfer/page')),
  }),
  createRoute({
    ...under,
    path: '/new-study',
    validateSearch: search({ recipe: text, scale: text, seeds: number, images: number, steps: number, models: list }),
    component: lazyRouteComponent(() => import('./pages/new-study/page')),
  }),
  createRoute({
    ...under,
    path: '/admin',
    validateSearch: search({ after: text, actor: text, entries: text }),
    component: lazyRouteComponent(() => import('./pages/admin/page')),
  }),
  createRoute({
    ...under,
    path: '/jobs',
    validateSearch: search({ state: jobState, kind: text, owner: text, after: text }),
    component: lazyRouteComponent(() => import('./pages/jobs/page')),
  }),
  createRoute({ ...under, path: '/submit', component: lazyRouteComponent(() => import('./pages/submit/page')) }),
  createRoute({ ...under, path: '/upload-dataset', component: lazyRouteComponent(() => import('./pages/upload-dataset/page')) }),
  createRoute({
    ...under,
    path: '/datasets',
    validateSearch: search({ name: text, tag: text, after: text }),
    component: lazyRouteComponent(() => import('./pages/datasets/page')),
  }),
  createRoute({
    ...under,
    path: '/datasets/$id',
    validateSearch: search({ from: number }),
    component: lazyRouteComponent(() => import('./pages/dataset/page')),
  }),
  createRoute({
    ...under,
    path: '/transfer',
    validateSearch: search({ dataset: text, definition: oneOf('rate', 'errorRate', 'both'), sources: list, targets: list, attack: text }),
    component: lazyRouteComponent(() => import('./pages/transfer/page')),
  }),
  createRoute({
    ...under,
    path: '/training',
    validateSearch: search({ runs: list, measure: oneOf(...MEASURES), after: text }),
    component: lazyRouteComponent(() => import('./pages/training/page')),
  }),
  createRoute({ ...under, path: '/training/$id', component: lazyRouteComponent(() => import('./pages/training-run/page')) }),
  createRoute({
    ...under,
    path: '/studies',
    validateSearch: search({ recipe: text, tag: text, after: text }),
    component: lazyRouteComponent(() => import('./pages/studies/page')),
  }),
  createRoute({ ...under, path: '/studies/$id', component: lazyRouteComponent(() => import('./pages/study/page')) }),
  createRoute({
    ...under,
    path: '/compare',
    validateSearch: search({ models: list, setting: text }),
    component: lazyRouteComponent(() => import('./pages/compare/page')),
  }),
  createRoute({
    ...under,
    path: '/sign-in',
    validateSearch: search({ next: text }),
    component: lazyRouteComponent(() => import('./pages/sign-in/page')),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(pages),
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
