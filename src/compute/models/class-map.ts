/** A model whose classes are those of a data set, which a network has in another order, more of, or finer ones. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../errors.js';
import type { HostTensor } from '../tensors/index.js';
import { fingerprintOf } from './fingerprint.js';
import { isBlackBox } from './functions.js';
import type { AnyModel, DifferentiableModel, ModelSpec, OutputKind } from './types.js';

/** For each class of the network the model's; -1: none. */
type ClassMap = readonly number[];

/** The classes of the network that make each of the model's. */
type Members = readonly (readonly number[])[];

/**
 * What `open` opens, with the classes of the spec. Of several classes of the network that make one, probabilities are added up, so that logits are by
 * `log Σ exp`; a class of the network that is none of the model's is left out.
 * @param open is given the network's own spec. @throws ComputeError INVALID_MODEL where the map fits neither.
 */
export async function withClassMap(
  spec: Partial<ModelSpec> = {},
  open: (spec: Partial<ModelSpec>) => Promise<AnyModel>,
): Promise<AnyModel> {
  const { classMap, classCount, classNames, ...rest } = spec;
  if (!classMap) return open(spec);
  const count = classCount ?? Math.max(...classMap) + 1;
  const members = membersOf(classMap, count, classNames);
  const network = await open({ ...rest, classCount: classMap.length });
  if (network.output === 'LABELS' && classMap.includes(-1)) {
    throw invalid('a model that returns the predicted class alone needs a class for each of its own: there is no second best');
  }
  // Names that its files have are those of the network's classes.
  const { classNames: _, ...own } = network.spec;
  const mapped = { ...own, classCount: count, classMap, ...(classNames && { classNames }) };
  const fingerprint = fingerprintOf({}, network.fingerprint, classMap, count);
  if (isBlackBox(network)) {
    const predict = async (images: HostTensor, signal?: AbortSignal) =>
      combinedOnHost(await network.predict(images, signal), members, network.output);
    // Its trees have classes of their own.
    return { ...network, forest: undefined, spec: mapped, fingerprint, predict, close: () => network.close() };
  }
  return mappedNetwork(network, mapped, fingerprint, members);
}

function mappedNetwork(network: DifferentiableModel, spec: ModelSpec, fingerprint: string, members: Members): DifferentiableModel {
  const combine = (scores: tf.Tensor2D) => combined(scores, members, network.output);
  return {
    ...network,
    spec,
    fingerprint,
    unmapped: network,
    detector: network.detector && withColumn(network.detector, combine),
    throughPreprocessor:
      network.throughPreprocessor && mappedNetwork(network.throughPreprocessor, spec, `${fingerprint}.straight`, members),
    apply: (variables, x, random) => combine(network.apply(variables, x, random)),
    applyTraining(variables, x, masks) {
      const { logits, auxiliary, updates } = network.applyTraining(variables, x, masks);
      return { logits: combine(logits), ...(auxiliary && { auxiliary: combine(auxiliary) }), updates };
    },
    save: (variables, directory) => network.save(variables, directory),
  };
}

/** Classes are mapped, the detector's score stays. */
function withColumn(detector: DifferentiableModel, combine: (scores: tf.Tensor2D) => tf.Tensor2D): DifferentiableModel {
  const { classCount } = detector.spec;
  return {
    ...detector,
    fingerprint: `${detector.fingerprint}.mapped`,
    apply(variables, x, random) {
      const [scores, score] = tf.split(detector.apply(variables, x, random), [classCount, 1], 1) as [tf.Tensor2D, tf.Tensor2D];
      return tf.concat([combine(scores), score], 1) as tf.Tensor2D;
    },
  };
}

/** @throws ComputeError INVALID_MODEL */
function membersOf(classMap: ClassMap, count: number, classNames: readonly string[] | undefined): Members {
  const members = Array.from({ length: count }, (): number[] => []);
  for (const [own, to] of classMap.entries()) {
    if (to >= count) throw invalid(`class ${own} of the network is mapped to ${to}, and there are ${count} classes, counted from 0`);
    if (to >= 0) members[to]!.push(own);
  }
  const empty = members.findIndex((ofOne) => ofOne.length === 0);
  if (empty >= 0) {
    const name = classNames?.[empty] === undefined ? '' : ` (${classNames[empty]})`;
    throw invalid(`no class of the network is mapped to class ${empty}${name}`);
  }
  if (classNames && classNames.length !== count)
    throw invalid(`${classNames.length} class names are given where there are ${count} classes`);
  return members;
}

/** Below every logit, and finite, so that 0 times it is 0. */
const ABSENT = -1e9;

/**
 * Differentiable by operators that every engine has.
 * @param scores `[batch, classes of the network]`. @returns `[batch, classCount]`.
 */
function combined(scores: tf.Tensor2D, members: Members, output: OutputKind): tf.Tensor2D {
  const classes = scores.shape[1];
  if (output !== 'LOGITS') return tf.matMul(scores, selection(classes, members, 1));
  const most = Math.max(...members.map(({ length }) => length));
  if (most === 1) return tf.matMul(scores, selection(classes, members, 1));
  // One column for each member, and ABSENT where a class has fewer of them than others: then log Σ exp over the members.
  const places = members.flatMap((ofOne) => Array.from({ length: most }, (_, i) => (i < ofOne.length ? [ofOne[i]!] : [])));
  const chosen = tf.matMul(scores, selection(classes, places, 1));
  const absent = tf.tensor1d(places.map((place) => (place.length === 0 ? ABSENT : 0)));
  const grouped = tf.reshape(tf.add(chosen, absent), [-1, members.length, most]);
  const highest = tf.max(grouped, 2, true);
  return tf.add(tf.squeeze(highest, [2]), tf.log(tf.sum(tf.exp(tf.sub(grouped, highest)), 2)));
}

/** `[classes, columns]`, `value` where the column is made of the class. */
function selection(classes: number, columns: Members, value: number): tf.Tensor2D {
  const data = new Float32Array(classes * columns.length);
  for (const [column, ofOne] of columns.entries()) for (const own of ofOne) data[own * columns.length + column] = value;
  return tf.tensor2d(data, [classes, columns.length]);
}

function combinedOnHost({ data, shape, dtype }: HostTensor, members: Members, output: OutputKind): HostTensor {
  const [n, classes] = shape as [number, number];
  const out = new Float32Array(n * members.length);
  for (let i = 0; i < n; i++) {
    for (const [to, ofOne] of members.entries()) {
      const scores = ofOne.map((own) => data[i * classes + own]!);
      const highest = Math.max(...scores);
      const sum = output === 'LOGITS' ? scores.reduce((total, score) => total + Math.exp(score - highest), 0) : 0;
      out[i * members.length + to] = output === 'LOGITS' ? highest + Math.log(sum) : scores.reduce((total, score) => total + score, 0);
    }
  }
  return { dtype, shape: [n, members.length], data: out };
}

/**
 * The spec of a model whose classes are mapped to those of a data set, after what its own map does.
 * @param classMap for each class of the model that of the data set. @throws ComputeError INVALID_MODEL where it fits neither.
 */
export function withFurtherMap(spec: ModelSpec, classMap: ClassMap, classNames: readonly string[]): ModelSpec {
  const { classCount } = spec;
  if (classMap.length !== classCount)
    throw invalid(`the class map has ${classMap.length} entries; the model has ${classCount} classes, and each needs one`);
  const wrong = classMap.find((to) => to < -1);
  if (wrong !== undefined) throw invalid(`a class is mapped to ${wrong}; -1 means none`);
  membersOf(classMap, classNames.length, classNames);
  const own = spec.classMap ?? classMap.map((_, i) => i);
  return { ...spec, classCount: classNames.length, classNames, classMap: own.map((to) => (to < 0 ? -1 : classMap[to]!)) };
}

/** A name without what differs between lists: case, and what stands around it. */
const plain = (name: string) => name.trim().toLowerCase().replaceAll('_', ' ');

/** All names of a class: `n02119789`, and of `tench, Tinca tinca` both. */
const namesOf = (name: string) => [plain(name), ...name.split(',').map(plain)];

/**
 * The map from a network's classes to those of a data set of the same names, whole or one of those that are listed with commas.
 * @throws ComputeError INVALID_MODEL naming classes of the data set that the network has not.
 */
export function classMapByNames(network: readonly string[], dataset: readonly string[]): number[] {
  const whole = new Map(dataset.map((name, i) => [plain(name), i]));
  const parts = new Map<string, number | null>();
  for (const [i, name] of dataset.entries())
    for (const part of namesOf(name)) parts.set(part, parts.has(part) && parts.get(part) !== i ? null : i);
  const map = network.map(
    (name) =>
      whole.get(plain(name)) ??
      namesOf(name)
        .map((part) => parts.get(part))
        .find((found) => typeof found === 'number') ??
      -1,
  );
  const missing = dataset.filter((_, i) => !map.includes(i));
  if (missing.length === 0) return map;
  const shown = missing.slice(0, 5).map((name) => `"${name}"`);
  throw invalid(
    `none of its class names is that of ${shown.join(', ')}${missing.length > shown.length ? ` and ${missing.length - shown.length} more classes` : ''} of the data set; give a classMap`,
  );
}

const invalid = (message: string) =>
  new ComputeError('INVALID_MODEL', `The spec does not fit the model: ${message}.`, ['spec', 'classMap']);
