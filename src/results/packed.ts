/**
 * Columns of numbers, one value an example, as one run of bytes: little-endian, one column after the other, behind a version and a count.
 * @module
 */

type ColumnType = typeof Float64Array | typeof Int32Array | typeof Float32Array | typeof Uint8Array;

/** Name, type, and the version of the layout that brought it. Wider types first, so that each column is aligned. */
export type Layout<Name extends string> = readonly (readonly [name: Name, Column: ColumnType, since: number])[];

/** A number of examples, and a value of each in every column. */
export type Columns<Name extends string> = { readonly count: number } & Readonly<Record<Name, ArrayLike<number>>>;

/** Version and count, 32 bits each. */
const HEADER = 8;

export function packColumns<Name extends string>(layout: Layout<Name>, version: number, columns: Columns<Name>): Uint8Array<ArrayBuffer> {
  const { count } = columns;
  const bytesPerExample = layout.reduce((sum, [, Column]) => sum + Column.BYTES_PER_ELEMENT, 0);
  const packed = new Uint8Array(HEADER + count * bytesPerExample);
  new Uint32Array(packed.buffer, 0, 2).set([version, count]);
  let position = HEADER;
  for (const [name, Column] of layout) {
    const values: ArrayLike<number> = columns[name];
    if (values.length !== count) throw new RangeError(`${name} has ${values.length} values for ${count} examples`);
    new Column(packed.buffer, position, count).set(values);
    position += count * Column.BYTES_PER_ELEMENT;
  }
  return packed;
}

/** What an earlier layout did not hold is NaN. @throws RangeError for a later one. */
export function unpackColumns<Name extends string>(layout: Layout<Name>, latest: number, packed: Uint8Array): object {
  // A copy: what a database driver returns need not be aligned.
  const { buffer } = Uint8Array.from(packed);
  const [version, count] = new Uint32Array(buffer, 0, 2) as unknown as [number, number];
  if (version < 1 || version > latest) throw new RangeError(`Outcomes of layout ${version} cannot be read by this version.`);
  let position = HEADER;
  const columns = layout.map(([name, Column, since]) => {
    if (since > version) return [name, new Column(count).fill(NaN)] as const;
    const values = new Column(buffer, position, count);
    position += count * Column.BYTES_PER_ELEMENT;
    return [name, values] as const;
  });
  return { count, ...Object.fromEntries(columns) };
}

/** Parts in order as one. */
export function joinColumns<Name extends string>(layout: Layout<Name>, parts: readonly Columns<Name>[]): object {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const columns = layout.map(([name, Column]) => {
    const whole = new Column(count);
    let position = 0;
    for (const part of parts) {
      whole.set(part[name] as ArrayLike<number>, position);
      position += part.count;
    }
    return [name, whole] as const;
  });
  return { count, ...Object.fromEntries(columns) };
}
