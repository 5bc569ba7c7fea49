/**
 * The one reader of the environment: variables in, a typed and validated object out.
 * @module
 */
import { isIPv4 } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync, readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { ENGINE_NAMES } from './compute/engine/index.js';
import { SANDBOXES } from './compute/process/index.js';
import { defaultBudget } from './compute/memory/index.js';
import type { StoreLocation } from './storage/objects/open.js';

const GiB = 1024 ** 3;
const SMALLEST_MEMORY = 512e6;

const integer = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Such as `2GB`, `1.5 GiB`, or a number of bytes. */
const amountOfMemory = z
  .string()
  .regex(/^\d+(\.\d+)?\s*([kmgt]i?)?b?$/i, 'must be bytes, such as 2GB, 1.5GiB or 2000000000')
  .transform((value) => {
    const [, number, unit] = /^([\d.]+)\s*(.*)$/.exec(value)!;
    return Math.floor(Number(number) * UNITS[(unit === '' ? 'B' : `${unit!.replace(/b$/i, '')}B`).toUpperCase()]!);
  })
  .refine((bytes) => bytes >= SMALLEST_MEMORY, 'must be at least 512MB, which leaves a small network room beside the server itself');

const days = z.coerce.number().positive().max(36_500);

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** `PrismaPg` given no URL silently tries localhost, so everything that it would have to guess is asked for here. */
const databaseUrl = z.string().refine((value) => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return (
    ['postgres:', 'postgresql:'].includes(url.protocol) && url.pathname.length > 1 && (url.hostname !== '' || url.searchParams.has('host'))
  );
}, 'must look like postgresql://user:password@host:5432/database');

/** A folder, or such as `s3://bucket/prefix`. */
const artifactLocation = z.string().transform((value, context) => {
  if (!/^[a-z][a-z\d+.-]+:/i.test(value)) return { folder: resolve(value) };
  const [, bucket, prefix] = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/+(.*?)\/*)?$/.exec(value) ?? [];
  if (bucket !== undefined) return { bucket, prefix: prefix ? `${prefix}/` : '' };
  context.addIssue('must be a folder, or s3://bucket/prefix');
  return z.NEVER;
});

const secretKey = z
  .base64('must be 32 bytes in base64: openssl rand -base64 32')
  .transform((value) => new Uint8Array(Buffer.from(value, 'base64')))
  .refine(({ length }) => length === 32, 'must be 32 bytes in base64: openssl rand -base64 32');

/** Such as `10.1.0.0/16,192.168.7.9/32`. */
const networks = z
  .string()
  .transform((value) => value.split(',').map((network) => network.trim()))
  .refine((list) => list.every((network) => ipaddr.isValidCIDR(network)), 'must be networks such as 10.1.0.0/16, separated by commas');

/** Such as `https://dashboard.example.org,http://localhost:3000`, or `*`. */
const origins = z
  .string()
  .transform((value) => value.split(',').map((origin) => origin.trim()))
  .refine(
    (list) => list.every((origin) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)),
    'must be origins such as https://dashboard.example.org (scheme, host and port, no path), separated by commas, or *',
  );

/** Such as `ml-admins,platform`. */
const names = z.string().transform((value) =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

/** What the documentation says about a variable, and under which heading. */
const about = (group: string) => (description: string) => ({ group, description });
const server = about('Server');
const access = about('Access');
const storage = about('Storage');
const compute = about('Compute');
const uploads = about('Uploads and models');
const datasets = about('Data sets');
const jobs = about('Jobs');

/** Every variable. The page docs/reference/configuration.md is generated from it. */
export const environment = z.object({
  GAUNTLET_HOST: z.string().default('127.0.0.1').meta(server('Address that the server listens on.')),
  GAUNTLET_PORT: integer(0, 65535).default(4000).meta(server('Port that the server listens on. With 0 the system chooses one.')),
  GAUNTLET_KEEP_ALIVE_SECONDS: integer(1, 3600)
    .default(75)
    .meta(server('How long an idle connection is kept open. Set it above the idle time of a proxy in front of the server.')),
  GAUNTLET_CONNECTIONS_MAX: integer(1, 1_000_000)
    .optional()
    .meta(
      server(
        'Connections that clients may have open; more are closed at once, as are more than half of them from one address unless `GAUNTLET_TRUST_PROXY` is set. Default: 10,000, or half of the files that the process may open where that is less: jobs need the others.',
      ),
    ),
  GAUNTLET_HEADERS_SECONDS: integer(1, 3600).default(15).meta(server('How long a client may take to send the headers of a request.')),
  GAUNTLET_BODY_SECONDS: integer(1, 86_400).default(60).meta(server('How long a client may take to send a request that is no upload.')),
  GAUNTLET_STALL_SECONDS: integer(1, 86_400)
    .default(60)
    .meta(server('How long a client may take to send 1 KiB of an upload, or to take 1 KiB of an answer. Slower ones are disconnected.')),
  GAUNTLET_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .meta(server('Least severe messages that are logged.')),
  GAUNTLET_LOG_PRETTY: flag
    .optional()
    .meta(server('Whether the log is formatted for people instead of as JSON. Default: true on a terminal.')),
  /** The OpenTelemetry SDK reads these itself, and the other variables of its specification; that one is set turns traces on. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .optional()
    .meta(server('Collector to which traces are sent, by OTLP over HTTP, such as `http://collector:4318`. Default: nothing is traced.')),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.string().optional().meta(server('The same, with the path of traces.')),
  OTEL_SDK_DISABLED: flag.default(false).meta(server('Whether nothing is traced all the same.')),
  OTEL_SERVICE_NAME: z.string().default('gauntlet').meta(server('Name of the service in traces.')),
  GAUNTLET_DEMO: flag.default(true).meta(server('Whether each start registers missing built-in data sets, models and the demonstration.')),
  GAUNTLET_AUTH: z
    .enum(['token', 'none'])
    .default('token')
    .meta(
      access(
        '`token`: each request carries a token. `none`: every client is an admin; refused unless `GAUNTLET_HOST` is a loopback address.',
      ),
    ),
  GAUNTLET_PUBLIC_READ: flag
    .default(false)
    .meta(
      access(
        'Whether clients without a token see what is public: models of visibility `PUBLIC`, their results and leaderboards. Requests are counted by address.',
      ),
    ),
  GAUNTLET_SESSION_HOURS: z.coerce
    .number()
    .positive()
    .max(8760)
    .default(168)
    .meta(access('How long a browser stays signed in. Revoking the token that it signed in with ends the session at once.')),
  GAUNTLET_OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta(
      access(
        "Address of an OpenID Connect provider, such as `https://login.example.org/realms/ml`, by which people sign in to the dashboard. Register `<this server's address>/session/oidc/callback` there. Over `http` only where its host is a loopback address. Default: tokens alone.",
      ),
    ),
  GAUNTLET_OIDC_CLIENT_ID: z
    .string()
    .min(1)
    .optional()
    .meta(access('Client that the provider knows this server as. Needed with `GAUNTLET_OIDC_ISSUER`.')),
  GAUNTLET_OIDC_CLIENT_SECRET: z.string().min(1).optional().meta(access('Its secret. Default: a public client, by PKCE alone.')),
  GAUNTLET_OIDC_SCOPE: z
    .string()
    .default('openid email profile')
    .meta(access('What is asked of the provider; add what the claim of roles needs, such as `groups`.')),
  GAUNTLET_OIDC_NAME_CLAIM: z
    .string()
    .default('email')
    .meta(
      access(
        'Claim that names the person, and owns what the person makes: one that people cannot choose for themselves. An address `ada@example.org` becomes `ada (example.org)`; one that the provider calls unverified is refused.',
      ),
    ),
  GAUNTLET_OIDC_ROLE_CLAIM: z
    .string()
    .default('groups')
    .meta(
      access('Claim with the groups or roles of the person: a text or a list; a path such as `realm_access.roles` leads into objects.'),
    ),
  GAUNTLET_OIDC_ADMINS: names.default([]).meta(access('Values of that claim that make an `ADMIN`, separated by commas.')),
  GAUNTLET_OIDC_SUBMITTERS: names.default([]).meta(access('Values of that claim that make a `SUBMITTER`.')),
  GAUNTLET_OIDC_DEFAULT_ROLE: z
    .enum(['none', 'VIEWER', 'SUBMITTER'])
    .default('none')
    .meta(access('Role of everyone else whom the provider lets in; `none`: they are refused.')),
  GAUNTLET_CORS_ORIGINS: origins
    .default([])
    .meta(
      access(
        "Web pages elsewhere that may use the API with a token, such as `https://dashboard.example.org,http://localhost:3000`, or `*` for all. Default: none but the server's own.",
      ),
    ),
  GAUNTLET_TRUST_PROXY: flag
    .default(false)
    .meta(
      access(
        'Whether `X-Forwarded-Proto`, `-Host` and `-For` are believed. Set it behind a proxy that sets them, and only there: browsers are checked against that host, and cookies become `Secure` under https.',
      ),
    ),
  GAUNTLET_METRICS_PUBLIC: flag.default(false).meta(access('Whether `/metrics` needs no token.')),
  GAUNTLET_REQUESTS_PER_MINUTE: integer(1, 10_000_000)
    .default(6000)
    .meta(access('Requests and WebSocket operations that each token name may send in a minute. Each server counts for itself.')),
  GAUNTLET_FAILED_TOKENS_PER_MINUTE: integer(1, 10_000_000)
    .default(60)
    .meta(
      access(
        'Tokens that do not count which each address may send in a minute. After that, only tokens that counted before are let in from there. Each server counts for itself.',
      ),
    ),
  GAUNTLET_SOCKET_MAX_COUNT: integer(1, 1_000_000)
    .default(100)
    .meta(access('WebSockets that a token name may have open. Each server counts for itself.')),
  GAUNTLET_SUBSCRIPTION_MAX_COUNT: integer(1, 1_000_000)
    .default(1000)
    .meta(access('Operations on all WebSockets of a token name together. Each server counts for itself.')),
  GAUNTLET_QUERY_MAX_DEPTH: integer(1, 1000).default(12).meta(access('Deepest nesting of a query.')),
  GAUNTLET_QUERY_MAX_COMPLEXITY: integer(1, 1_000_000_000)
    .default(50_000)
    .meta(
      access(
        'Most that a query may cost. Each field of the answer costs 1, those of introspection too, of which a whole one has some 20,000; a list counts as its page size. An operation costs 1,000, a list inside of an object 100, each value of the variables 1, and each object in them 1 for each field of its type.',
      ),
    ),
  GAUNTLET_QUERY_MAX_TOKENS: integer(1, 1_000_000)
    .default(1200)
    .meta(access("Most lexical tokens in a query's text. The time to validate it grows with their square.")),
  GAUNTLET_AUDIT_KEEP_DAYS: days
    .default(365)
    .meta(access('Days after which entries of the audit log are deleted: who made, revoked, downloaded, deleted, cancelled or signed in.')),
  GAUNTLET_DATA_DIR: z
    .string()
    .default('./data')
    .meta(
      storage(
        'Folder of this machine: the embedded database, uploads that are not complete, unpacked models and, unless `GAUNTLET_ARTIFACTS` is set, artifacts.',
      ),
    ),
  GAUNTLET_ARTIFACTS: artifactLocation
    .optional()
    .meta(
      storage(
        'Where models, images and checkpoints are: a folder, or `s3://bucket/prefix` of anything that speaks S3. Endpoint, region and credentials are those of the AWS SDK, such as `AWS_ENDPOINT_URL_S3`, `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. Servers and workers on other machines need the same store. Default: `artifacts` in `GAUNTLET_DATA_DIR`.',
      ),
    ),
  GAUNTLET_S3_PATH_STYLE: flag
    .optional()
    .meta(
      storage(
        'Whether the bucket is in the path of URLs and not in the name of the host. Default: true where `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` is set.',
      ),
    ),
  GAUNTLET_FETCHED_MAX_BYTES: integer(1, 2 ** 50)
    .default(20 * GiB)
    .meta(
      storage(
        'Most bytes of unpacked models, and of files fetched from the artifact store, in `GAUNTLET_DATA_DIR`. The least recently used are removed first; what is in use stays.',
      ),
    ),
  GAUNTLET_SECRET_KEY: secretKey
    .optional()
    .meta(
      storage(
        'Key that encrypts the authorizations of endpoints in the database: 32 bytes in base64 (`openssl rand -base64 32`), the same for all servers and workers. Default: a random one, `secret.key` in the artifact store, for everyone to read who can read the store.',
      ),
    ),
  /** The AWS SDK reads these itself; that one is set says that the store is not Amazon's. */
  AWS_ENDPOINT_URL_S3: z.string().optional().meta(storage('Endpoint of the S3 server, read by the AWS SDK. Default: that of Amazon.')),
  AWS_ENDPOINT_URL: z.string().optional().meta(storage('The same for all services of the AWS SDK.')),
  GAUNTLET_CACHE_DIR: z
    .string()
    .optional()
    .meta(
      storage(
        'Folder of files that can be made again: compiled models, measured sizes of micro-batches, an initialised database. Default: `node_modules/.cache/gauntlet`.',
      ),
    ),
  DATABASE_URL: databaseUrl
    .optional()
    .meta(
      storage(
        'A PostgreSQL server, version 15 or later, instead of the embedded database. It gets the same migrations. Where the URL has no password, that of `PGPASSWORD` is taken. Default: the embedded database.',
      ),
    ),
  GAUNTLET_DATABASE_POOL: integer(1, 200).default(10).meta(storage('Connections to the PostgreSQL server.')),
  GAUNTLET_DATABASE_WAIT_SECONDS: integer(0, 86_400)
    .default(60)
    .meta(storage('How long a server or worker that starts waits for a PostgreSQL server that does not accept connections yet.')),
  GAUNTLET_STORAGE_MAX_BYTES: integer(1, 2 ** 50)
    .default(20 * GiB)
    .meta(
      storage(
        'Most bytes in uploads, models, checkpoints and kept images of each token name together. Checked when an upload is opened, and when an evaluation that keeps images or a training run is started.',
      ),
    ),
  GAUNTLET_IMAGES_KEEP_DAYS: days
    .optional()
    .meta(
      storage(
        'Days after which the adversarial images of an evaluation are deleted; its numbers stay, and the images can be made again. Imported images stay. Default: images are kept.',
      ),
    ),
  GAUNTLET_REJECTED_KEEP_DAYS: days
    .optional()
    .meta(
      storage(
        'Days after which models that failed validation or training are deleted, with what is left of them. Default: they stay until somebody deletes them.',
      ),
    ),
  GAUNTLET_STATISTICS_CACHE_MAX_BYTES: integer(0, 2 ** 40)
    .default(64 * 2 ** 20)
    .meta(storage('Most bytes of statistics answers kept in memory until their data changes. With 0 none are kept.')),
  GAUNTLET_ENGINE: z
    .enum(ENGINE_NAMES)
    .default('auto')
    .meta(
      compute(
        'What runs models. `auto`: the first of `compiled:cuda`, `eager:tfjs-node-gpu` and `compiled:cpu` that loads and passes a self-test.',
      ),
    ),
  GAUNTLET_THREADS: integer(1, 256).optional().meta(compute('CPU cores that computation uses. Default: all.')),
  GAUNTLET_COMPUTE_MEMORY: amountOfMemory
    .optional()
    .meta(
      compute(
        'Memory, such as `2GB` or `1.5GiB`, that the computing process may occupy: compiled functions, models, data sets and images. What is not in use is released first; a job that does not fit is refused. Beyond one and a half times as much, and at least 1 GiB more, the process is ended. Default: half of the memory of the machine or the container.',
      ),
    ),
  GAUNTLET_COMPUTE_REST_SECONDS: integer(1, 86_400)
    .default(300)
    .meta(compute('How long the computing process may have nothing to do before it is ended. It is started again when it is needed.')),
  GAUNTLET_SANDBOX: z
    .enum(SANDBOXES)
    .default('auto')
    .meta(
      compute(
        'What keeps the processes in that open submitted files. `bubblewrap` (Linux): no network, no other processes, no files but those of the program, data sets and models. `none`: they run as the server does, without its environment. `auto`: bubblewrap where it works; the log says which.',
      ),
    ),
  GAUNTLET_SHARD_SIZE: integer(1, 100_000)
    .default(2048)
    .meta(
      compute('Most examples of a part of a job; fewer where images are large, where there is little memory, and where they take long.'),
    ),
  GAUNTLET_PART_SECONDS: integer(1, 3600)
    .default(4)
    .meta(
      compute(
        'Seconds that a part of a job is to take, as its first part is timed, up to four times as many where a job is long, and up to eight where an attack takes long for its steps, however few the examples: workers share a job part by part, owners take turns by them, and progress is committed with each.',
      ),
    ),
  GAUNTLET_MODEL_CACHE_MAX_BYTES: integer(0, 2 ** 50)
    .default(GiB)
    .meta(
      compute('Most bytes of compiled models in `GAUNTLET_CACHE_DIR`. The least recently used are removed first; with 0 none are kept.'),
    ),
  /** Arrays end short of 8 GiB. */
  GAUNTLET_TRAINING_DATA_MEMORY: integer(0, 4 * GiB)
    .default(GiB)
    .meta(
      compute(
        'Most bytes of training images held in memory, and at most a quarter of `GAUNTLET_COMPUTE_MEMORY`. Larger data sets are read from their files during training.',
      ),
    ),
  GAUNTLET_UPLOAD_MAX_BYTES: integer(1, 2 ** 50)
    .default(2 * GiB)
    .meta(uploads('Largest upload.')),
  GAUNTLET_UPLOAD_MAX_COUNT: integer(1, 1_000_000).default(100).meta(uploads('Unused uploads that each token name may have.')),
  GAUNTLET_UPLOAD_TTL_HOURS: z.coerce.number().positive().max(8760).default(24).meta(uploads('How long an unused upload is kept.')),
  GAUNTLET_ARCHIVE_MAX_ENTRIES: integer(1, 1_000_000).default(2000).meta(uploads('Most entries of an uploaded archive.')),
  GAUNTLET_ARCHIVE_MAX_BYTES: integer(1, 2 ** 50)
    .default(4 * GiB)
    .meta(uploads('Most bytes that an uploaded archive unpacks to.')),
  GAUNTLET_ARCHIVE_MAX_RATIO: z.coerce.number().min(1).max(100_000).default(200).meta(uploads('Largest ratio of unpacked to packed size.')),
  GAUNTLET_VALIDATION_MEMORY: integer(2 ** 20, 2 ** 50)
    .default(4 * GiB)
    .meta(
      uploads('Bytes of memory that importing and running a submitted model may take. Two of different owners may run beside each other.'),
    ),
  GAUNTLET_VALIDATION_SECONDS: integer(1, 86_400).default(300).meta(uploads('Time that importing and running a submitted model may take.')),
  GAUNTLET_MODEL_MAX_WEIGHT_BYTES: integer(1, 2 ** 40)
    .default(GiB)
    .meta(uploads('Most bytes of weights that a submitted model may have. Validation needs up to three times as much memory.')),
  GAUNTLET_MODEL_MAX_LAYERS: integer(1, 1_000_000)
    .default(5000)
    .meta(
      uploads(
        'Most layers or operators of a submitted model. An ONNX file may have four times as many nodes, of which constants are folded.',
      ),
    ),
  GAUNTLET_MODEL_MAX_LAYER_VALUES: integer(1, 2 ** 32)
    .default(2 ** 25)
    .meta(uploads('Most values that one layer or operator of a submitted model may output for an image.')),
  GAUNTLET_REMOTE_MODEL_NETWORKS: networks
    .default([])
    .meta(
      uploads('Networks, such as `10.1.0.0/16,127.0.0.1/32`, in which endpoints of models may be. Public addresses are always allowed.'),
    ),
  GAUNTLET_REMOTE_MODEL_MAX_BYTES: integer(1, 2 ** 30)
    .default(64 * 2 ** 20)
    .meta(uploads('Largest response of an endpoint.')),
  GAUNTLET_FUNCTION_MAX_COUNT: integer(1, 100_000)
    .default(20)
    .meta(
      uploads('Functions on machines of clients that a token name may have connected at the same time. Each server counts for itself.'),
    ),
  GAUNTLET_FUNCTION_RECONNECT_SECONDS: integer(1, 3600)
    .default(30)
    .meta(uploads('How long a job waits for a client whose connection broke, before it fails with `FUNCTION_NOT_CONNECTED`.')),
  GAUNTLET_INTERNAL_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta(
      uploads(
        "Address at which workers and other servers reach this server, such as `http://10.0.0.7:4000`: they ask it for what functions of its clients answer. Default: `http://127.0.0.1` with the server's port, or `GAUNTLET_HOST` where that is one address; set it where workers run on other machines.",
      ),
    ),
  GAUNTLET_DATASET_MAX_BYTES: integer(1, 2 ** 50)
    .default(64 * GiB)
    .meta(datasets('Most bytes that an uploaded data set unpacks to, and most bytes of its pixels as they are kept.')),
  GAUNTLET_DATASET_MAX_IMAGES: integer(1, 100_000_000)
    .default(10_000_000)
    .meta(datasets('Most images of an uploaded data set, and most files in it.')),
  GAUNTLET_DATASET_MAX_PIXELS: integer(1, 2 ** 30)
    .default(2 ** 26)
    .meta(datasets('Most pixels (height times width) of an image of an uploaded data set, before it is resized.')),
  GAUNTLET_DATASET_MAX_CLASSES: integer(1, 10_000_000).default(100_000).meta(datasets('Most classes of an uploaded data set.')),
  GAUNTLET_DATASET_MEMORY: integer(2 ** 20, 2 ** 50)
    .default(2 * GiB)
    .meta(datasets('Bytes of memory that reading an uploaded data set may take.')),
  GAUNTLET_DATASET_SECONDS: integer(1, 604_800).default(3600).meta(datasets('Time that reading an uploaded data set may take.')),
  GAUNTLET_FASHION_MNIST_DIR: z
    .string()
    .default('/usr/share/datasets/fashion-mnist')
    .meta(datasets('Folder of the IDX files of Fashion-MNIST.')),
  GAUNTLET_CIFAR10_C_DIR: z
    .string()
    .optional()
    .meta(datasets('Folder of the published files of CIFAR-10-C, with labels.npy. Default: CIFAR-10-C is not available.')),
  GAUNTLET_CIFAR10_DIR: z.string().optional().meta(datasets('Folder of the binary files of CIFAR-10. Default: CIFAR-10 is not available.')),
  GAUNTLET_IMAGENET_C_DIR: z
    .string()
    .optional()
    .meta(
      datasets(
        'Folder of the published folders of ImageNet-C or Tiny ImageNet-C, such as gaussian_noise/1/n01440764. Default: ImageNet-C is not available.',
      ),
    ),
  GAUNTLET_IMAGENET_DIR: z
    .string()
    .optional()
    .meta(
      datasets(
        'Folder with `train` and `val`, each with a folder of pictures for every class: formats `imagenet` (299 pixels) and `imagenet-224`. Default: ImageNet is not available.',
      ),
    ),
  GAUNTLET_WORKER: flag
    .default(true)
    .meta(jobs('Whether the server runs jobs itself. `npm run worker` starts a worker alone, which needs `DATABASE_URL`.')),
  GAUNTLET_QUEUE_MAX_PENDING: integer(1, 1_000_000).default(10_000).meta(jobs('Most waiting jobs.')),
  GAUNTLET_QUEUE_MAX_PER_NAME: integer(1, 1_000_000).default(2000).meta(jobs('Most waiting jobs of each token name.')),
  GAUNTLET_COMPUTE_SECONDS_PER_DAY: integer(1, 1_000_000_000)
    .optional()
    .meta(jobs('Most seconds that the jobs of each token name may compute a day (UTC). Default: no limit.')),
  GAUNTLET_QUEUE_MAX_ATTEMPTS: integer(1, 100).default(4).meta(jobs('How often a failing part of a job is tried.')),
  GAUNTLET_QUEUE_MAX_LOSSES: integer(1, 1000)
    .default(25)
    .meta(
      jobs(
        'How many workers may be gone in the middle of one part of a job before the job fails. Restarts count, failures of a part do not.',
      ),
    ),
  GAUNTLET_QUEUE_HEARTBEAT_SECONDS: integer(10, 3600)
    .default(30)
    .meta(jobs('How long a worker may be silent before its job is given to another.')),
});

/** A variable of the environment that cannot be used; the message names it and says what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads and checks the configuration. @throws ConfigError naming every variable at fault. */
/** Of clients, of compose.yaml and the chart, and of tests and benchmarks. */
const NO_SETTING =
  /^GAUNTLET_(TOKEN|URL|ENDPOINT_AUTHORIZATION|[A-Z]+_PYTHON|TENSORFLOW_BINDING|S3_PATH_STYLE|CACHE|CIFAR10(_C)?_DIR|DATABASE_PASSWORD|DATASETS|(TEST|BENCH|SERVER)(_.*)?)$/;

/** Variables that are named like settings and are none: misspelt, or of another version. */
export const unknownSettings = (variables: Readonly<Record<string, string | undefined>> = process.env): string[] =>
  Object.keys(variables).filter((name) => name.startsWith('GAUNTLET_') && !(name in environment.shape) && !NO_SETTING.test(name));

export function loadConfig(variables: Readonly<Record<string, string | undefined>> = process.env) {
  // An empty variable, as compose files leave behind, means the same as none.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const env = parsed.data;
  if (env.GAUNTLET_AUTH === 'none' && !isLoopback(env.GAUNTLET_HOST)) {
    throw new ConfigError(
      `GAUNTLET_AUTH: "none" gives every client full access, so GAUNTLET_HOST must be a loopback address such as 127.0.0.1, not ${env.GAUNTLET_HOST}. Change GAUNTLET_HOST, or set GAUNTLET_AUTH=token.`,
    );
  }
  const { GAUNTLET_OIDC_ISSUER: issuer, GAUNTLET_OIDC_CLIENT_ID: clientId } = env;
  if ((issuer === undefined) !== (clientId === undefined))
    throw new ConfigError('GAUNTLET_OIDC_ISSUER and GAUNTLET_OIDC_CLIENT_ID go together: set both, or neither.');
  if (issuer?.startsWith('http:') && !isLoopback(new URL(issuer).hostname))
    throw new ConfigError(`GAUNTLET_OIDC_ISSUER: over http everyone on the way could sign in as anyone. Use https, not ${issuer}.`);
  if (issuer !== undefined && env.GAUNTLET_AUTH === 'none')
    throw new ConfigError('GAUNTLET_OIDC_ISSUER: with GAUNTLET_AUTH=none nobody signs in. Leave one of them out.');
  const dataDirectory = resolve(env.GAUNTLET_DATA_DIR);
  return {
    host: env.GAUNTLET_HOST,
    port: env.GAUNTLET_PORT,
    keepAliveSeconds: env.GAUNTLET_KEEP_ALIVE_SECONDS,
    connections: {
      maxConnections: env.GAUNTLET_CONNECTIONS_MAX ?? defaultConnections(),
      headerSeconds: env.GAUNTLET_HEADERS_SECONDS,
      bodySeconds: env.GAUNTLET_BODY_SECONDS,
      stallSeconds: env.GAUNTLET_STALL_SECONDS,
    },
    /** Whether requests need a token; without, whoever reaches the server is its admin. */
    tokensRequired: env.GAUNTLET_AUTH === 'token',
    /** Whether clients without a token see what is public. */
    publicRead: env.GAUNTLET_PUBLIC_READ,
    sessionHours: env.GAUNTLET_SESSION_HOURS,
    /** By which people sign in to the dashboard; undefined: by tokens alone. */
    oidc:
      issuer === undefined || clientId === undefined
        ? undefined
        : {
            issuer: new URL(issuer),
            clientId,
            clientSecret: env.GAUNTLET_OIDC_CLIENT_SECRET,
            scope: env.GAUNTLET_OIDC_SCOPE,
            nameClaim: env.GAUNTLET_OIDC_NAME_CLAIM,
            roleClaim: env.GAUNTLET_OIDC_ROLE_CLAIM,
            admins: env.GAUNTLET_OIDC_ADMINS,
            submitters: env.GAUNTLET_OIDC_SUBMITTERS,
            defaultRole: env.GAUNTLET_OIDC_DEFAULT_ROLE,
          },
    /** Which web pages may use the API. */
    origins: { allowed: env.GAUNTLET_CORS_ORIGINS, trustProxy: env.GAUNTLET_TRUST_PROXY },
    /** Whether /metrics is there without a token. */
    metricsPublic: env.GAUNTLET_METRICS_PUBLIC,
    requestsPerMinute: env.GAUNTLET_REQUESTS_PER_MINUTE,
    failedTokensPerMinute: env.GAUNTLET_FAILED_TOKENS_PER_MINUTE,
    /** Of each token name. */
    sockets: { maxSockets: env.GAUNTLET_SOCKET_MAX_COUNT, maxSubscriptions: env.GAUNTLET_SUBSCRIPTION_MAX_COUNT },
    queries: {
      maxDepth: env.GAUNTLET_QUERY_MAX_DEPTH,
      maxComplexity: env.GAUNTLET_QUERY_MAX_COMPLEXITY,
      maxTokens: env.GAUNTLET_QUERY_MAX_TOKENS,
    },
    /** Answers of statistics queries that are kept in memory. */
    statistics: { cacheMaximumBytes: env.GAUNTLET_STATISTICS_CACHE_MAX_BYTES },
    dataDirectory,
    /** Things that can be made again: an initialised database to copy. */
    cacheDirectory: resolve(env.GAUNTLET_CACHE_DIR ?? join(PACKAGE_ROOT, 'node_modules', '.cache', 'gauntlet')),
    /** Where artifacts are. */
    artifacts: artifactsOf(env, dataDirectory),
    /** Unpacked models and fetched files on this machine. */
    fetched: { directory: join(dataDirectory, 'fetched'), maximumBytes: env.GAUNTLET_FETCHED_MAX_BYTES },
    /** That seals secrets; undefined: the one in the artifact store. */
    secretKey: env.GAUNTLET_SECRET_KEY,
    database: { url: env.DATABASE_URL, poolSize: env.GAUNTLET_DATABASE_POOL, waitSeconds: env.GAUNTLET_DATABASE_WAIT_SECONDS },
    engine: {
      engine: env.GAUNTLET_ENGINE,
      threads: env.GAUNTLET_THREADS ?? availableParallelism(),
      cacheMaximumBytes: env.GAUNTLET_MODEL_CACHE_MAX_BYTES,
    },
    uploads: { ttlHours: env.GAUNTLET_UPLOAD_TTL_HOURS },
    /** Days after which things go; undefined: never. */
    retention: {
      imagesDays: env.GAUNTLET_IMAGES_KEEP_DAYS,
      rejectedDays: env.GAUNTLET_REJECTED_KEEP_DAYS,
      auditDays: env.GAUNTLET_AUDIT_KEEP_DAYS,
    },
    capacity: {
      maxPending: env.GAUNTLET_QUEUE_MAX_PENDING,
      maxPendingPerPrincipal: env.GAUNTLET_QUEUE_MAX_PER_NAME,
      maxComputeSeconds: env.GAUNTLET_COMPUTE_SECONDS_PER_DAY ?? Infinity,
      maxUploads: env.GAUNTLET_UPLOAD_MAX_COUNT,
      maxUploadBytes: env.GAUNTLET_UPLOAD_MAX_BYTES,
      maxStoredBytes: env.GAUNTLET_STORAGE_MAX_BYTES,
    },
    archives: {
      maxEntries: env.GAUNTLET_ARCHIVE_MAX_ENTRIES,
      maxBytes: env.GAUNTLET_ARCHIVE_MAX_BYTES,
      maxRatio: env.GAUNTLET_ARCHIVE_MAX_RATIO,
    },
    /** What importing and running a submitted model may take. */
    validation: { maxBytes: env.GAUNTLET_VALIDATION_MEMORY, maxSeconds: env.GAUNTLET_VALIDATION_SECONDS },
    /** What reading an uploaded data set may take, and what it may have. */
    datasetReading: { maxBytes: env.GAUNTLET_DATASET_MEMORY, maxSeconds: env.GAUNTLET_DATASET_SECONDS },
    datasetArchives: {
      maxEntries: env.GAUNTLET_DATASET_MAX_IMAGES,
      maxBytes: env.GAUNTLET_DATASET_MAX_BYTES,
      maxRatio: env.GAUNTLET_ARCHIVE_MAX_RATIO,
    },
    datasets: {
      maxImages: env.GAUNTLET_DATASET_MAX_IMAGES,
      maxPixels: env.GAUNTLET_DATASET_MAX_PIXELS,
      maxClasses: env.GAUNTLET_DATASET_MAX_CLASSES,
      maxBytes: env.GAUNTLET_DATASET_MAX_BYTES,
    },
    /** What a submitted model may have. */
    models: {
      maximumWeightBytes: env.GAUNTLET_MODEL_MAX_WEIGHT_BYTES,
      maximumLayers: env.GAUNTLET_MODEL_MAX_LAYERS,
      maximumLayerValues: env.GAUNTLET_MODEL_MAX_LAYER_VALUES,
    },
    /** Bytes of memory that the computing process may occupy. */
    computeMemory: env.GAUNTLET_COMPUTE_MEMORY ?? defaultBudget(),
    computeRestSeconds: env.GAUNTLET_COMPUTE_REST_SECONDS,
    sandbox: env.GAUNTLET_SANDBOX,
    training: { dataMemory: env.GAUNTLET_TRAINING_DATA_MEMORY },
    /** How models behind endpoints are called. */
    remote: { networks: env.GAUNTLET_REMOTE_MODEL_NETWORKS, maximumResponseBytes: env.GAUNTLET_REMOTE_MODEL_MAX_BYTES },
    /** Functions on machines of clients. */
    functions: {
      maxPerName: env.GAUNTLET_FUNCTION_MAX_COUNT,
      reconnectMs: env.GAUNTLET_FUNCTION_RECONNECT_SECONDS * 1000,
      maxMessageBytes: env.GAUNTLET_REMOTE_MODEL_MAX_BYTES,
    },
    internalUrl: env.GAUNTLET_INTERNAL_URL,
    /** Folder of the files of a data-set format, for formats that do not bring their own. */
    datasetDirectories: {
      'fashion-mnist': resolve(env.GAUNTLET_FASHION_MNIST_DIR),
      ...(env.GAUNTLET_CIFAR10_C_DIR ? { 'cifar10-c': resolve(env.GAUNTLET_CIFAR10_C_DIR) } : {}),
      ...(env.GAUNTLET_CIFAR10_DIR ? { cifar10: resolve(env.GAUNTLET_CIFAR10_DIR) } : {}),
      ...(env.GAUNTLET_IMAGENET_C_DIR ? { 'imagenet-c': resolve(env.GAUNTLET_IMAGENET_C_DIR) } : {}),
      ...(env.GAUNTLET_IMAGENET_DIR
        ? { imagenet: resolve(env.GAUNTLET_IMAGENET_DIR), 'imagenet-224': resolve(env.GAUNTLET_IMAGENET_DIR) }
        : {}),
    } as Readonly<Record<string, string>>,
    jobs: {
      /** Most examples of a part, and seconds that one is to take: what a killed worker has begun is computed again. */
      shardSize: env.GAUNTLET_SHARD_SIZE,
      partSeconds: env.GAUNTLET_PART_SECONDS,
      maxAttempts: env.GAUNTLET_QUEUE_MAX_ATTEMPTS,
      maxLosses: env.GAUNTLET_QUEUE_MAX_LOSSES,
      heartbeatSeconds: env.GAUNTLET_QUEUE_HEARTBEAT_SECONDS,
      /** Whether the server runs jobs itself, or leaves them to workers. */
      work: env.GAUNTLET_WORKER,
    },
    tracing: {
      enabled: !env.OTEL_SDK_DISABLED && (env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) !== undefined,
      serviceName: env.OTEL_SERVICE_NAME,
    },
    /** Register built-in data and models, and queue a demonstration, on an empty database. */
    demo: env.GAUNTLET_DEMO,
    log: { level: env.GAUNTLET_LOG_LEVEL, pretty: env.GAUNTLET_LOG_PRETTY ?? process.stdout.isTTY === true },
    /** Of this program, as its package says. */
    version: packageVersion(),
    migrationsDirectory: join(PACKAGE_ROOT, 'prisma', 'migrations'),
    assetsDirectory: join(PACKAGE_ROOT, 'assets'),
    /** The dashboard as built. */
    webDirectory: join(PACKAGE_ROOT, 'web', 'dist'),
  };
}

export type Config = ReturnType<typeof loadConfig>;

function artifactsOf(env: z.infer<typeof environment>, dataDirectory: string): StoreLocation {
  const location = env.GAUNTLET_ARTIFACTS;
  if (!location) return { folder: join(dataDirectory, 'artifacts') };
  if (location.folder !== undefined) return location;
  const isElsewhere = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
  return { ...location, pathStyle: env.GAUNTLET_S3_PATH_STYLE ?? isElsewhere };
}

const MOST_CONNECTIONS = 10_000;

/** Asking takes 40 ms. */
let connections: number | undefined;

/** Half of the files that this process may open, which sockets count as. */
function defaultConnections(): number {
  if (connections !== undefined) return connections;
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const files = Number(userLimits?.open_files?.soft);
  connections = Number.isInteger(files) ? Math.min(MOST_CONNECTIONS, Math.max(1, Math.floor(files / 2))) : MOST_CONNECTIONS;
  return connections;
}

/** The folder of package.json, from the sources as well as from dist/. */
const PACKAGE_ROOT = packageRoot(dirname(fileURLToPath(import.meta.url)));

function packageRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : packageRoot(dirname(directory));
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Whether a name or an address can only mean this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
