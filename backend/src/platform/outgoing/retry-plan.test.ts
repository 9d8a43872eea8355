import { describe, expect, test } from '@jest/globals';
import { isRepeatable, parseRetryAfter, retryDelay } from './retry-plan.ts';

describe('the pause before a repeated try', () => {
  test('grows exponentially up to its bound, with full jitter', () => {
    expect([1, 2, 3, 4, 10].map((attempt) => retryDelay(attempt, 0.5))).toEqual([100, 200, 400, 800, 5000]);
    expect(retryDelay(3, 0)).toBe(0);
  });

  test('is never shorter than Retry-After', () => {
    expect(retryDelay(1, 0.9, 30_000)).toBe(30_000);
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-11-21T10:00:00Z');
  test('is read as seconds or as a date', () => {
    expect(parseRetryAfter('3', now)).toBe(3000);
    expect(parseRetryAfter('Sat, 21 Nov 2026 10:00:05 GMT', now)).toBe(5000);
    expect(parseRetryAfter('Sat, 21 Nov 2026 09:00:00 GMT', now)).toBe(0);
  });

  test.each([undefined, 'soon', '-1x'])('%s is ignored', (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  });
});

test('only what may pass is repeated', () => {
  expect([200, 301, 400, 401, 404, 408, 429, 500, 501, 503].filter(isRepeatable)).toEqual([408, 429, 500, 503]);
});
