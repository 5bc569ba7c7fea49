/** A queue that hands out what is least. @module */

export class Heap<Item> {
  private readonly items: { readonly priority: number; readonly item: Item }[] = [];

  get size(): number {
    return this.items.length;
  }

  push(priority: number, item: Item): void {
    const { items } = this;
    items.push({ priority, item });
    let at = items.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]!.priority <= items[at]!.priority) break;
      [items[parent], items[at]] = [items[at]!, items[parent]!];
      at = parent;
    }
  }

  pop(): { readonly priority: number; readonly item: Item } | undefined {
    const { items } = this;
    const [first] = items;
    const last = items.pop();
    if (items.length === 0 || !last) return first;
    items[0] = last;
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < items.length && items[left]!.priority < items[least]!.priority) least = left;
      if (right < items.length && items[right]!.priority < items[least]!.priority) least = right;
      if (least === at) return first;
      [items[at], items[least]] = [items[least]!, items[at]!];
      at = least;
    }
  }
}
