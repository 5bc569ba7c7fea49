/** Every page: its path, what its address keeps, and where its code is. One more page is one entry here, and one of `PAGES` in src/http/dashboard.ts. @module */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Broken, NotFound } from './components/states';
import { readAttacks } from './pages/new-evaluation/attacks';
import { flag, list, number, oneOf, search, text } from './search';
import { Shell } from './shell/shell';

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
      epsilon: number,
      state: text,
      order: oneOf('newest', 'oldest', 'smallest', 'largest'),
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
      magnify: number,
      after: text,
      example: number,
    }),
    component: lazyRouteComponent(() => import('./pages/evaluation/page')),
  }),
  createRoute({
    ...under,
    path: '/models',
    validateSearch: search({ name: text, status: oneOf('READY', 'REJECTED', 'VALIDATING'), after: text }),
    component: lazyRouteComponent(() => import('./pages/models/page')),
  }),
  createRoute({
    ...under,
    path: '/models/$id',
    validateSearch: search({ dataset: text, attacks: list, beside: list }),
    component: lazyRouteComponent(() => import('./pages/model/page')),
  }),
  createRoute({
    ...under,
    path: '/leaderboard',
    validateSearch: search({ dataset: text, norm: oneOf('LINF', 'L2', 'L1', 'L0'), epsilon: text, after: text }),
    component: lazyRouteComponent(() => import('./pages/leaderboard/page')),
  }),
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
    path: '/jobs',
    validateSearch: search({ state: oneOf('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'), kind: text, after: text }),
    component: lazyRouteComponent(() => import('./pages/jobs/page')),
  }),
  createRoute({ ...under, path: '/submit', component: lazyRouteComponent(() => import('./pages/submit/page')) }),
  createRoute({ ...under, path: '/datasets', component: lazyRouteComponent(() => import('./pages/datasets/page')) }),
  createRoute({
    ...under,
    path: '/datasets/$id',
    validateSearch: search({ from: number }),
    component: lazyRouteComponent(() => import('./pages/dataset/page')),
  }),
  createRoute({
    ...under,
    path: '/transfer',
    validateSearch: search({ dataset: text, definition: oneOf('rate', 'errorRate') }),
    component: lazyRouteComponent(() => import('./pages/transfer/page')),
  }),
  createRoute({
    ...under,
    path: '/training',
    validateSearch: search({ after: text }),
    component: lazyRouteComponent(() => import('./pages/training/page')),
  }),
  createRoute({ ...under, path: '/training/$id', component: lazyRouteComponent(() => import('./pages/training-run/page')) }),
  createRoute({
    ...under,
    path: '/studies',
    validateSearch: search({ after: text }),
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
