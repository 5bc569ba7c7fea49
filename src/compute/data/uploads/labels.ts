/** Labels of an upload, as they come. @module */
import { ComputeError } from '../../errors.js';
import { byCodePoint } from './files.js';
import { invalidAt, limitExceeded } from './types.js';

/** Of classes in a note. */
const MOST_NAMED = 5;

/** Labels as they come: numbers, or names, which become numbers in their order. */
export class Labels {
  private numbers = new Int32Array(1024);
  private count = 0;
  private largest = -1;
  private readonly names = new Map<string, number>();
  private kind: 'number' | 'string' | undefined;

  constructor(
    private readonly classNames: readonly string[] | undefined,
    private readonly maxClasses: number,
  ) {
    if (!classNames) return;
    this.check(classNames.length);
    const twice = classNames.find((name, i) => classNames.indexOf(name) !== i);
    if (twice !== undefined) throw new ComputeError('INVALID_DATASET', `Two classes are called ${JSON.stringify(twice)}.`, ['classNames']);
    for (const [i, name] of classNames.entries()) this.names.set(name, i);
  }

  add(label: number | string, at: string): void {
    this.kind ??= typeof label as 'number' | 'string';
    if (typeof label !== this.kind)
      throw invalidAt(at, `the label is ${JSON.stringify(label)}; those before it are ${this.kind === 'number' ? 'numbers' : 'names'}.`);
    const number = typeof label === 'number' ? this.numberOf(label, at) : this.numberOfName(label, at);
    if (this.count === this.numbers.length) {
      const longer = new Int32Array(2 * this.count);
      longer.set(this.numbers);
      this.numbers = longer;
    }
    this.numbers[this.count++] = number;
  }

  /** @returns names of all classes, and a label for each example. */
  finish(): { classNames: readonly string[]; numbers: Int32Array } {
    const numbers = this.numbers.slice(0, this.count);
    if (this.classNames) return { classNames: this.classNames, numbers };
    if (this.kind === 'number') return { classNames: Array.from({ length: this.largest + 1 }, (_, i) => String(i)), numbers };
    const classNames = [...this.names.keys()].sort(byCodePoint);
    const place = new Map(classNames.map((name, i) => [this.names.get(name)!, i]));
    return { classNames, numbers: numbers.map((number) => place.get(number)!) };
  }

  /** Of numbers without names: classes that no example has. */
  notes(): readonly string[] {
    if (this.classNames || this.kind !== 'number') return [];
    const seen = new Set(this.numbers.subarray(0, this.count));
    const empty = Array.from({ length: this.largest + 1 }, (_, i) => i).filter((label) => !seen.has(label));
    if (empty.length === 0) return [];
    const which = `${empty.slice(0, MOST_NAMED).join(', ')}${empty.length > MOST_NAMED ? ', …' : ''}`;
    const advice = empty[0] === 0 ? ' Labels count from 0: if yours count from 1, take 1 from each.' : '';
    return [`${empty.length} of ${this.largest + 1} classes have no example: ${which}.${advice}`];
  }

  private numberOf(label: number, at: string): number {
    const most = this.classNames ? this.classNames.length : this.maxClasses;
    if (!Number.isInteger(label) || label < 0 || label >= most) {
      const allowed = this.classNames ? `the ${most} classes have 0 to ${most - 1}` : `whole numbers from 0 to ${most - 1} are labels`;
      throw invalidAt(at, `the label is ${label}; ${allowed}.`);
    }
    this.largest = Math.max(this.largest, label);
    return label;
  }

  private numberOfName(label: string, at: string): number {
    const known = this.names.get(label);
    if (known !== undefined) return known;
    if (this.classNames)
      throw invalidAt(at, `the label is ${JSON.stringify(label)}, which is not among the ${this.classNames.length} class names.`);
    this.check(this.names.size + 1);
    this.names.set(label, this.names.size);
    return this.names.size - 1;
  }

  private check(count: number): void {
    if (count > this.maxClasses) throw limitExceeded(`The data set has more than ${this.maxClasses} classes.`);
  }
}
