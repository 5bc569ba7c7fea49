/** A server, and what a user asks of it: submit a network, attack it by FGSM. */
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Gauntlet, GauntletError, RefusedError } from '@gauntlet/client';
import WebSocket from 'ws';
import { createCompute } from '../../src/compute/host/compute.js';
import type { ModelAccess } from '../../src/compute/models/types.js';
import { VALIDATION_ENTRY } from '../../src/jobs/model/process.js';
import { startTestApplication } from '../server/support/application.js';
import { dataOf } from '../server/support/client.js';
import { finished, startEvaluation } from '../server/support/operations.js';
import { inOwnProcess } from '../server/support/validation.js';
import type { Network } from './networks.js';

/** Formats of data sets by the shape of their images. */
const FORMATS: Readonly<Record<string, string>> = { '28,28,1': 'fashion-mnist', '32,32,3': 'cifar10', '224,224,3': 'imagenet-224' };

/** Why a server does not take a network, in its words. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface ExportersServer {
  /** @returns id of a model that is ready. */
  submit(network: Network, access: ModelAccess): Promise<{ readonly modelId: string } | Refusal>;
  /** @returns the classes of the images that FGSM at 8/255 makes; undefined where no data set has such images. */
  fgsm(network: Network, modelId: string): Promise<number[] | undefined>;
  close(): Promise<void>;
}

/** @param datasets folder of data sets, as `networks/record.py` writes it. @param patience seconds that a validation or an evaluation may take: what a busy machine has no time for is no verdict. */
export async function startExportersServer(datasets: string, patience: number): Promise<ExportersServer> {
  const cache = await mkdtemp(join(tmpdir(), 'gauntlet-exporters-cache-'));
  const variables = {
    GAUNTLET_CACHE_DIR: cache,
    GAUNTLET_FASHION_MNIST_DIR: join(datasets, 'fashion-mnist'),
    GAUNTLET_CIFAR10_DIR: join(datasets, 'cifar10'),
    GAUNTLET_IMAGENET_DIR: join(datasets, 'imagenet'),
  };
  const app = await startTestApplication(variables, {
    ...inOwnProcess(VALIDATION_ENTRY, { maxSeconds: patience }),
    openCompute: createCompute,
  });
  const gauntlet = new Gauntlet({ url: app.url, token: app.authorization.replace('Bearer ', ''), webSocket: WebSocket });

  const register = async (format: string) => {
    const input = { name: format, format };
    const query = `mutation ($input: RegisterDatasetInput!) {
      registerDataset(input: $input) { ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
    const { registerDataset } = await dataOf(app.graphql(query, { input }));
    if (registerDataset.message) throw new Error(registerDataset.message);
    return String(registerDataset.dataset.id);
  };
  const ids = await Promise.all(Object.entries(FORMATS).map(async ([shape, format]) => [shape, await register(format)] as const));
  const datasetIds = new Map(ids);

  return {
    async submit({ name, file, spec, options }, access) {
      try {
        const uploadId = await gauntlet.upload(await openAsBlob(file), { fileName: basename(file) });
        const submission = { name: `${name} ${access}`, uploadId, spec, access, ...options };
        const { model, job } = await gauntlet.submitModel(submission);
        await gauntlet.waitFor(job.id, { signal: AbortSignal.timeout(patience * 1000) });
        return { modelId: model.id };
      } catch (error) {
        if (error instanceof GauntletError) return { code: error.code, message: error.message };
        if (error instanceof RefusedError) return { code: error.name, message: error.message };
        if (error instanceof Error && error.name === 'TimeoutError') return { code: 'TIMEOUT', message: `no verdict in ${patience} s` };
        throw error;
      }
    },
    async fgsm({ inputShape, classCount, count }, modelId) {
      const datasetId = datasetIds.get(inputShape.join());
      if (!datasetId || classCount !== 10) return undefined;
      const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: '8/255' } }], sampleCount: count };
      const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
      const { error } = await finished(app.graphql, jobIds[0]!, patience * 1000);
      if (error) throw new Error(`FGSM failed: ${error}`);
      const query = 'query ($id: ID!) { evaluation(id: $id) { examples(first: 100) { nodes { index adversarial { label } } } } }';
      const { evaluation } = await dataOf(app.graphql(query, { id: evaluationIds[0] }));
      const nodes: { index: number; adversarial: { label: number } }[] = evaluation.examples.nodes;
      return nodes.sort((a, b) => a.index - b.index).map(({ adversarial }) => adversarial.label);
    },
    async close() {
      await gauntlet.close();
      await app.close();
      await rm(cache, { recursive: true, force: true });
    },
  };
}
