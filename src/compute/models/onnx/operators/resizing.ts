/** Resizing of images. @module */
import { ComputeError } from '../../../errors.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { type Axis, resizeAxis, type Style } from '../../dataflow/resampling.js';
import { normalAxis, type Value } from '../../dataflow/value.js';

/** Largest height or width that is resized to. */
const MAXIMUM_LENGTH = 2 ** 14;

/** @param sizesAt index of the input with the sizes; the older forms of the operator have scales alone. */
function resize(call: Call, scalesAt: number, sizesAt?: number): Value {
  const x = call.input(0);
  const { attributes } = call;
  const isOld = sizesAt === undefined;
  const style: Style = {
    mode: attributes.string('mode', 'nearest'),
    coordinates: isOld ? 'asymmetric' : attributes.string('coordinate_transformation_mode', 'half_pixel'),
    nearest: isOld ? 'simple' : attributes.string('nearest_mode', 'round_prefer_floor'),
    cubicCoefficient: attributes.number('cubic_coeff_a', -0.75),
    excludeOutside: attributes.flag('exclude_outside'),
    arithmetic: 'DIVISION',
    isAntialiased: attributes.flag('antialias') && attributes.string('mode', 'nearest') !== 'nearest',
  };
  const axes = axesOf(call, x, scalesAt, sizesAt);
  const resized = axes.flatMap((axis, i) => (axis.from !== axis.to || axis.scale !== 1 ? [i] : []));
  if (resized.includes(0)) {
    throw new ComputeError('UNSUPPORTED_OPERATION', 'only the height and width of images can be resized, to given sizes');
  }
  for (const i of resized) {
    const { to } = axes[i]!;
    if (!(to >= 1)) throw new ComputeError('INVALID_MODEL', `it resizes to ${to} pixels`);
    if (to > MAXIMUM_LENGTH) throw new ComputeError('LIMIT_EXCEEDED', `it resizes to ${to} pixels; at most ${MAXIMUM_LENGTH} are accepted`);
  }
  return x.like(resized.reduce((y, i) => resizeAxis(y, x.axis(i), axes[i]!, style), x.tensor));
}

function axesOf(call: Call, x: Value, scalesAt: number, sizesAt?: number): Axis[] {
  const axes = call.attributes
    .numbers(
      'axes',
      x.shape.map((_, i) => i),
    )
    .map((axis) => normalAxis(axis, x.rank));
  const sizes = sizesAt !== undefined && call.has(sizesAt) && call.input(sizesAt).size > 0 ? call.input(sizesAt).numbers : undefined;
  const scales = sizes ? undefined : call.setting('scales', scalesAt);
  if ((sizes ?? scales)?.length !== axes.length) throw new ComputeError('INVALID_MODEL', 'it needs as many scales or sizes as axes');
  const kept =
    sizes &&
    keptAspect(
      call,
      axes.map((axis, i) => sizes[i]! / x.shape[axis]!),
    );
  return x.shape.map((from, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return { from, to: from, scale: 1 };
    if (kept !== undefined) return { from, to: Math.floor(from * kept + 0.5), scale: kept };
    if (sizes) return { from, to: sizes[i]!, scale: sizes[i]! / from };
    return { from, to: Math.floor(from * scales![i]!), scale: scales![i]! };
  });
}

/** The scale of all axes where an image keeps its shape and the sizes are what it must not exceed, or reach. Undefined where it is stretched. */
function keptAspect({ attributes }: Call, scales: readonly number[]): number | undefined {
  const policy = attributes.string('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return undefined;
  return policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales);
}

export const resizing: OperatorTable = {
  Resize: { settings: [1, 2, 3], run: (call) => (call.node.version < 11 ? resize(call, 1) : resize(call, 2, 3)) },
  Upsample: { settings: [1], run: (call) => resize(call, 1) },
};
