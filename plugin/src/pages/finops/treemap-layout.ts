export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Divides a box into one for each size, its area in proportion and its sides as equal as can be (Bruls, Huizing and van Wijk,
 * Squarified Treemaps, 2000). Sizes must be positive; they are best given the largest first. The boxes are in their order.
 */
export function squarify(sizes: readonly number[], box: Box): Box[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= 0 || box.width <= 0 || box.height <= 0) return sizes.map(() => ({ ...box, width: 0, height: 0 }));
  const areas = sizes.map((size) => (size / total) * box.width * box.height);
  const boxes: Box[] = [];
  let rest = box;
  for (let first = 0; first < areas.length;) {
    const side = Math.min(rest.width, rest.height);
    let last = first + 1;
    while (last < areas.length && worst(areas, first, last + 1, side) <= worst(areas, first, last, side)) last++;
    const row = areas.slice(first, last);
    boxes.push(...laidOut(row, rest));
    rest = remaining(row, rest);
    first = last;
  }
  return boxes;
}

/** The longest side over the shortest among the boxes of a row along a side of that length. */
function worst(areas: readonly number[], first: number, last: number, side: number): number {
  let [sum, least, most] = [0, Infinity, 0];
  for (let at = first; at < last; at++) {
    const area = areas[at]!;
    sum += area;
    least = Math.min(least, area);
    most = Math.max(most, area);
  }
  return Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
}

/** The boxes of a row along the shorter side. */
function laidOut(row: readonly number[], { x, y, width, height }: Box): Box[] {
  const sum = row.reduce((total, area) => total + area, 0);
  let offset = 0;
  return row.map((area) => {
    const at = offset;
    if (width >= height) {
      const depth = sum / height;
      const length = area / depth;
      offset += length;
      return { x, y: y + at, width: depth, height: length };
    }
    const depth = sum / width;
    const length = area / depth;
    offset += length;
    return { x: x + at, y, width: length, height: depth };
  });
}

function remaining(row: readonly number[], { x, y, width, height }: Box): Box {
  const sum = row.reduce((total, area) => total + area, 0);
  if (width >= height) {
    const depth = sum / height;
    return { x: x + depth, y, width: Math.max(0, width - depth), height };
  }
  const depth = sum / width;
  return { x, y: y + depth, width, height: Math.max(0, height - depth) };
}
