import { describe, expect, test } from '@jest/globals';
import { shopTraffic, shopWorkloads } from './shop-traffic.ts';

const minuteOf = (iso: string): number => Date.parse(iso) / 60_000;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the shop', () => {
  const shop = shopTraffic(42);
  const between = (workload: string, from: string, minutes: number): number[] =>
    Array.from({ length: minutes }, (_, i) => shop.at(workload, minuteOf(from) + i).requests);

  test('is the same for the same seed and another for another', () => {
    const minute = minuteOf('2026-11-10T12:00:00Z');
    expect(shopTraffic(42).at('shop/cart', minute)).toEqual(shop.at('shop/cart', minute));
    expect(shopTraffic(43).at('shop/cart', minute)).not.toEqual(shop.at('shop/cart', minute));
  });

  test('sleeps at night and peaks in the evening', () => {
    const night = mean(between('shop/frontend', '2026-11-11T03:00:00Z', 30));
    const evening = mean(between('shop/frontend', '2026-11-11T20:00:00Z', 30));
    expect(evening / night).toBeGreaterThan(4);
  });

  test('multiplies within minutes when the flash sale opens', () => {
    const sale = shop
      .events(minuteOf('2026-11-01T00:00:00Z'), minuteOf('2026-11-30T00:00:00Z'))
      .find((e) => e.kind === 'flash-sale')!;
    const iso = new Date(sale.minute * 60_000).toISOString();
    expect(iso.slice(11, 16)).toBe('19:00');
    const before = mean(between('shop/checkout', new Date((sale.minute - 20) * 60_000).toISOString(), 15));
    const after = mean(between('shop/checkout', new Date((sale.minute + 15) * 60_000).toISOString(), 15));
    expect(after / before).toBeGreaterThan(3);
  });

  test('dips for a moment at each deploy', () => {
    const deploy = shop
      .events(minuteOf('2026-11-01T00:00:00Z'), minuteOf('2026-11-08T00:00:00Z'))
      .filter((e) => e.kind === 'deploy');
    expect(deploy).toHaveLength(2);
    const at = deploy[0]!.minute;
    expect(shop.at('shop/frontend', at + 1).requests).toBeLessThan(shop.at('shop/frontend', at - 2).requests * 0.85);
  });

  test('never has a negative, missing or infinite figure', () => {
    for (const workload of shopWorkloads) {
      for (let i = 0; i < 2880; i += 7) {
        for (const value of Object.values(shop.at(workload, minuteOf('2026-11-13T00:00:00Z') + i))) {
          expect(Number.isFinite(value) && value >= 0).toBe(true);
        }
      }
    }
  });

  test('refuses a workload that it does not have', () => {
    expect(() => shop.at('shop/unknown', 1)).toThrow(/shop\/frontend/);
  });
});
