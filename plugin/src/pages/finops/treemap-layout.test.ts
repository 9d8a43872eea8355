import { squarify } from './treemap-layout';

const box = { x: 10, y: 20, width: 600, height: 400 };
const areas = (sizes: number[]) => squarify(sizes, box).map(({ width, height }) => width * height);

describe('a treemap', () => {
  const sizes = [6, 6, 4, 3, 2, 2, 1];

  test('gives each size its part of the area', () => {
    for (const [index, area] of areas(sizes).entries()) expect(area).toBeCloseTo((sizes[index]! / 24) * 240_000, 3);
  });

  test('leaves no gap, overlaps nowhere and stays inside', () => {
    const boxes = squarify(sizes, box);
    for (const { x, y, width, height } of boxes) {
      expect(x).toBeGreaterThanOrEqual(10 - 1e-6);
      expect(y).toBeGreaterThanOrEqual(20 - 1e-6);
      expect(x + width).toBeLessThanOrEqual(610 + 1e-6);
      expect(y + height).toBeLessThanOrEqual(420 + 1e-6);
    }
    boxes.forEach((one, index) =>
      boxes.slice(index + 1).forEach((other) => {
        const wide = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
        const high = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
        expect(wide > 1e-6 && high > 1e-6).toBe(false);
      }),
    );
  });

  test('keeps boxes close to squares, as the example of its paper', () => {
    const ratios = squarify(sizes, box).map(({ width, height }) => Math.max(width / height, height / width));
    expect(Math.max(...ratios)).toBeLessThan(2.8);
  });

  test('draws nothing where there is nothing', () => {
    expect(squarify([], box)).toEqual([]);
    expect(squarify([0, 0], box).every(({ width, height }) => width * height === 0)).toBe(true);
  });

  test('stands a thousand sizes of very different magnitude', () => {
    const many = Array.from({ length: 1000 }, (_, index) => 10 ** (6 - index / 100));
    expect(squarify(many, box).every(({ width, height }) => Number.isFinite(width) && Number.isFinite(height))).toBe(
      true,
    );
  });
});
