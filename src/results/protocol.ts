/**
 * The protocol of a ranking: attacks with their parameters, on the same examples. Only networks that were attacked by all of it are compared, and by what it found;
 * else a network would stand the higher, the less it was attacked.
 * @module
 */
import type { ParameterValues } from '../compute/parameters/index.js';

export interface Examples {
  readonly offset: number;
  readonly sampleCount: number;
}

/** An attack of a protocol. */
export interface ProtocolAttack {
  readonly attackKind: string;
  /** Null where nobody has run it. */
  readonly parameters: ParameterValues | null;
}

/** An attack with one set of parameters on a range of examples, and who was attacked by it. */
export interface AttackRun extends Examples {
  readonly attackKind: string;
  readonly parameters: ParameterValues;
  /** Equal for equal parameters. */
  readonly parametersHash: string;
  /** Accuracy that it leaves, on average. */
  readonly accuracy: number;
  /** Fingerprints. */
  readonly networks: ReadonlySet<string>;
}

export type ExclusionReason = 'ATTACKS_MISSING' | 'OTHER_EXAMPLES';

/** A network that cannot be compared with the others. */
export interface Exclusion {
  readonly network: string;
  readonly reason: ExclusionReason;
  /** Attacks of the protocol that it was not attacked by on these examples. */
  readonly missing: readonly ProtocolAttack[];
}

export interface Protocol {
  readonly examples: Examples;
  readonly attacks: readonly AttackRun[];
  /** Networks that were attacked by all of them. */
  readonly networks: ReadonlySet<string>;
  readonly excluded: readonly Exclusion[];
}

/**
 * Of the ranges, that on which most networks were attacked, then the largest. On it the attacks, most used first, as long as half of the networks or more were
 * attacked by all of them.
 * @param runs of one threat model. @param kinds attacks that the protocol has to have, and no others; undefined: any. @param wanted what the range has to be.
 * @returns undefined where no run is on such a range.
 */
export function chooseProtocol(
  runs: readonly AttackRun[],
  kinds: readonly string[] | undefined,
  wanted: Partial<Examples>,
): Protocol | undefined {
  const [first] = byRange(runs.filter(isOn(wanted)))
    .map((onRange) => ({ ...candidatesOf(onRange, kinds), examples: onRange[0]!, all: union(onRange).size }))
    .sort(
      (a, b) =>
        b.attacked - a.attacked ||
        b.all - a.all ||
        b.examples.sampleCount - a.examples.sampleCount ||
        a.examples.offset - b.examples.offset,
    );
  if (!first) return undefined;
  const { offset, sampleCount } = first.examples;
  const { attacks, networks } = choose(first.runs, first.networks, kinds);
  const lacking = (kinds ?? []).filter((kind) => attacks.every(({ attackKind }) => attackKind !== kind));
  const never = lacking.map((attackKind) => ({ attackKind, parameters: null }));
  const ranked = never.length > 0 ? new Set<string>() : networks;
  const here = union(runs.filter(isOn({ offset, sampleCount })));
  const excluded = [...union(runs)]
    .filter((network) => !ranked.has(network))
    .map((network) => ({
      network,
      reason: here.has(network) ? ('ATTACKS_MISSING' as const) : ('OTHER_EXAMPLES' as const),
      missing: [...attacks.filter((run) => !run.networks.has(network)).map(shown), ...never],
    }));
  return { examples: { offset, sampleCount }, attacks, networks: ranked, excluded };
}

function byRange(runs: readonly AttackRun[]): AttackRun[][] {
  const ranges = new Map<string, AttackRun[]>();
  for (const run of runs) {
    const key = `${run.offset} ${run.sampleCount}`;
    ranges.set(key, [...(ranges.get(key) ?? []), run]);
  }
  return [...ranges.values()];
}

const isOn =
  ({ offset, sampleCount }: Partial<Examples>) =>
  (run: Examples) =>
    (offset === undefined || run.offset === offset) && (sampleCount === undefined || run.sampleCount === sampleCount);

/** Without the networks, of which there may be thousands. */
export const shown = ({ attackKind, parameters }: AttackRun): ProtocolAttack => ({ attackKind, parameters });

const union = (runs: readonly AttackRun[]) => new Set(runs.flatMap(({ networks }) => [...networks]));

const common = (some: ReadonlySet<string>, others: ReadonlySet<string>) => new Set([...some].filter((network) => others.has(network)));

/** Runs that may be in the protocol, and the networks that it may compare: where kinds are named, those that were attacked by each, with whatever parameters. */
function candidatesOf(runs: readonly AttackRun[], kinds: readonly string[] | undefined) {
  const all = union(runs);
  if (!kinds) return { runs, networks: all, attacked: all.size };
  const chosen = runs.filter(({ attackKind }) => kinds.includes(attackKind));
  const underAll = kinds.map((kind) => union(chosen.filter(({ attackKind }) => attackKind === kind))).reduce(common, all);
  return { runs: chosen, networks: underAll.size > 0 ? underAll : all, attacked: underAll.size };
}

/** Takes one attack after the other: those that most networks have, and of equally common ones that which leaves least. */
function choose(runs: readonly AttackRun[], all: ReadonlySet<string>, kinds: readonly string[] | undefined) {
  const ordered = [...runs].sort((a, b) => b.networks.size - a.networks.size || a.accuracy - b.accuracy || (keyOf(a) < keyOf(b) ? -1 : 1));
  const attacks: AttackRun[] = [];
  let networks = all;
  const take = (run: AttackRun) => {
    attacks.push(run);
    networks = common(networks, run.networks);
  };
  // One of each kind that was named has to be in it, the one that most of the networks have that are left.
  const required = kinds?.map((kind) => ordered.filter(({ attackKind }) => attackKind === kind)) ?? [ordered];
  for (const ofKind of required) {
    const [most] = ofKind.toSorted((a, b) => common(networks, b.networks).size - common(networks, a.networks).size);
    if (most) take(most);
  }
  for (const run of ordered) {
    const left = common(networks, run.networks).size;
    if (!attacks.includes(run) && left > 0 && 2 * left >= all.size) take(run);
  }
  return { attacks, networks };
}

const keyOf = ({ attackKind, parametersHash }: AttackRun) => `${attackKind} ${parametersHash}`;
