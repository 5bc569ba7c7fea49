/**
 * The layers of the code as rules; docs/architecture.md has the picture. `npm run lint` checks them.
 * In compute each folder imports only from those before it, and by their front doors.
 */
const COMPUTE = [
  'errors',
  'channel',
  'process',
  'random',
  'memoize',
  'memory',
  'tensors',
  'parameters',
  'onnxruntime',
  'engine',
  'models',
  'data',
  'classifiers',
  'adversarial-classification',
  'distances',
  'statistics',
  'attacks',
  'training',
  'evaluation',
  'host',
];

/** What others import of a folder of compute. */
const FRONT_DOOR = '^src/compute/[^/]+/index\\.ts$';

/** A module of compute: a folder, or a file of that name. */
const module = (names) => `^src/compute/(${names.join('|')})(/|\\.ts$)`;

/** No folder imports one that stands above it. */
const layersOfCompute = COMPUTE.slice(0, -1).map((name, position) => ({
  name: `compute-${name}-imports-no-layer-above`,
  comment: `In compute the order is ${COMPUTE.join(', ')}: each imports only from those before it.`,
  severity: 'error',
  from: { path: module([name]) },
  to: { path: module(COMPUTE.slice(position + 1)) },
}));

/** Layers above compute, with the layers that each may not import. */
const FORBIDDEN = {
  compute: ['results', 'studies', 'storage', 'jobs', 'services', 'schema', 'resolvers', 'http'],
  results: ['studies', 'storage', 'jobs', 'services', 'schema', 'resolvers', 'http'],
  studies: ['storage', 'jobs', 'services', 'schema', 'resolvers', 'http'],
  storage: ['jobs', 'services', 'schema', 'resolvers', 'http'],
  jobs: ['services', 'schema', 'resolvers', 'http'],
  services: ['schema', 'resolvers', 'http'],
  schema: ['jobs', 'resolvers', 'http'],
  resolvers: ['http'],
  http: ['schema', 'resolvers', 'jobs'],
};
const layers = Object.entries(FORBIDDEN).map(([layer, above]) => ({
  name: `${layer}-imports-no-layer-above`,
  comment: 'The order is resolvers, schema, services, jobs and storage, studies, results, compute; http stands on services.',
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(${above.join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Files that import each other in a circle cannot be understood one at a time. Move what both need to a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...layersOfCompute,
    ...layers,
    {
      name: 'compute-by-its-front-doors',
      comment: 'A folder of compute is imported by its index.ts, never by a file inside.',
      severity: 'error',
      from: { path: '^src/compute/([^/]+)/' },
      to: { path: '^src/compute/[^/]+/.+', pathNot: ['^src/compute/$1/', FRONT_DOOR] },
    },
    {
      name: 'layers-take-compute-by-its-front-doors',
      comment: 'A folder of compute is imported by its index.ts, never by a file inside.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/compute/[^/]+/' },
      to: { path: '^src/compute/[^/]+/.+', pathNot: FRONT_DOOR },
    },
    {
      name: 'compute-is-a-library',
      comment: 'Scripts, benches and examples use compute as everyone else would: by src/compute/index.ts.',
      severity: 'error',
      from: { path: '^(scripts|bench|examples)/' },
      to: { path: '^src/compute/.+', pathNot: '^src/compute/index\\.ts$' },
    },
    {
      name: 'attacks-share-core-and-norms',
      comment: 'What families of attacks share is in core and norms, which know no family.',
      severity: 'error',
      from: { path: '^src/compute/attacks/(core|norms)/' },
      to: { path: '^src/compute/attacks/[^/]+/', pathNot: '^src/compute/attacks/(core|norms)/' },
    },
    {
      name: 'schema-takes-types-of-services',
      comment: 'GraphQL objects present rows of services: they know their types, and call nothing.',
      severity: 'error',
      from: { path: '^src/schema/' },
      to: { path: '^src/services/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'configuration-is-read-in-one-place',
      comment: 'Only entries and the composition of the server know the configuration; everything else is given what it needs.',
      severity: 'error',
      from: { path: '^src/(compute|results|studies|storage|jobs|services|schema|resolvers)/' },
      to: { path: '^src/config\\.ts$' },
    },
    {
      name: 'graphql-is-of-schema-and-resolvers',
      severity: 'error',
      from: { path: '^src/(compute|results|studies|storage|jobs|services)/' },
      to: { path: 'node_modules/(type-graphql|graphql|@apollo/server)/' },
    },
    {
      name: 'onnxruntime-by-its-front-door',
      comment: 'src/compute/onnxruntime turns off the telemetry of the library before it loads it; nobody else loads it.',
      severity: 'error',
      from: { pathNot: '^src/compute/onnxruntime/' },
      to: { path: 'node_modules/onnxruntime-(node|common)/' },
    },
    {
      name: 'compute-knows-no-database',
      severity: 'error',
      from: { path: '^src/compute/' },
      to: { path: 'node_modules/(@prisma/client|pg|pg-boss|express)/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'generated'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    skipAnalysisNotInRules: true,
  },
};
