/** Where the navigation and the palette lead. @module */
export const LINKS: readonly { readonly to: string; readonly name: string }[] = [
  { to: '/', name: 'Overview' },
  { to: '/leaderboard', name: 'Leaderboard' },
  { to: '/benchmarks', name: 'Benchmarks' },
  { to: '/models', name: 'Models' },
  { to: '/evaluations', name: 'Evaluations' },
  { to: '/compare', name: 'Compare' },
  { to: '/transfer', name: 'Transfer' },
  { to: '/training', name: 'Training' },
  { to: '/studies', name: 'Studies' },
  { to: '/datasets', name: 'Data sets' },
  { to: '/jobs', name: 'Jobs and workers' },
];

/** For admins. */
export const ADMIN = { to: '/admin', name: 'Admin' };

export const ACTIONS: typeof LINKS = [
  { to: '/new-evaluation', name: 'New evaluation' },
  { to: '/submit', name: 'Submit a model' },
  { to: '/new-training', name: 'Train a model' },
  { to: '/new-transfer', name: 'Measure transfer' },
  { to: '/new-study', name: 'Start a study' },
];
