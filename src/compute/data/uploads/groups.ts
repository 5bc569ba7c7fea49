/** The subgroup of each example: a column of the upload's metadata, such as a hospital or a skin type. @module */
import { ComputeError } from '../../errors.js';
import { byCodePoint } from './files.js';
import { invalidAt } from './types.js';

const MAXIMUM_GROUPS = 1000;

/** Groups as they come, numbers or names; all examples have one, or none. */
export class Groups {
  private readonly numbers: number[] = [];
  private readonly names = new Map<string, number>();
  private examples = 0;

  add(group: number | string | undefined, at: string): void {
    this.examples++;
    if (group === undefined && this.numbers.length === 0) return;
    if (group === undefined || this.numbers.length < this.examples - 1)
      throw invalidAt(at, 'some examples have a group and some have none. Give every example one, or leave the column out.');
    const name = String(group);
    const known = this.names.get(name) ?? this.names.size;
    this.names.set(name, known);
    if (this.names.size > MAXIMUM_GROUPS)
      throw new ComputeError(
        'LIMIT_EXCEEDED',
        `The data set has more than ${MAXIMUM_GROUPS} groups. Name the column of a property that many examples share \`group\`.`,
        ['uploadId'],
      );
    this.numbers.push(known);
  }

  /** @returns names in their order, numbers by size, and the position of each example's among them; undefined where there are none. */
  finish(): { groupNames: string[]; groups: Int32Array } | undefined {
    if (this.numbers.length === 0) return undefined;
    const isNumbers = [...this.names.keys()].every((name) => /^-?\d+$/.test(name));
    const groupNames = [...this.names.keys()].sort(isNumbers ? (a, b) => Number(a) - Number(b) : byCodePoint);
    const place = new Map(groupNames.map((name, i) => [this.names.get(name)!, i]));
    return { groupNames, groups: Int32Array.from(this.numbers, (number) => place.get(number)!) };
  }
}
