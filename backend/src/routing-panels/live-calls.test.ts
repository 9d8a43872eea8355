import { expect, test } from '@jest/globals';
import { callsOf, type TryRow } from './live-calls.ts';

const began = Date.parse('2026-11-22T06:00:00Z');

function tried(number: number, status: string, tags: Record<string, string> = {}): TryRow {
  return {
    ...{
      id: 'c',
      requestId: number === 1 ? 'c' : `c.${number}`,
      started: String(began + number * 1000),
      model: 'm',
      status,
    },
    ...{
      team: '',
      product: '',
      customer: '',
      feature: '',
      environment: '',
      session: '',
      inputTokens: 1,
      outputTokens: 1,
    },
    ...{ firstToken: null, duration: 500, cost: '0.1', currency: 'USD', formula: '' },
    tags: { 'gateway.route': `route ${number}`, ...tags },
  };
}

const passedOn = { 'gateway.passed_on': 'true' };
const cheap = { 'gateway.cascade': 'cheap' };
const escalated = { 'gateway.cascade': 'escalated' };

test.each([
  ['a failed try that another takes over', [tried(1, 'error', passedOn)], 'open', 'route 1'],
  ['what took over', [tried(1, 'error', passedOn), tried(2, 'ok')], 'ok', 'route 2'],
  ['two failures', [tried(1, 'timeout', passedOn), tried(2, 'error')], 'error', 'route 2'],
  ['a try beside another that was stopped', [tried(1, 'ok'), tried(2, 'cancelled')], 'ok', 'route 1'],
  ['a cheap answer that did not suffice', [tried(1, 'ok', cheap), tried(2, 'error', escalated)], 'error', 'route 2'],
] as const)('%s says what came of the call', (_name, rows, status, route) => {
  expect(callsOf(rows, began)).toMatchObject([{ status, route }]);
});

test('a take-over is not waited for without end', () => {
  expect(callsOf([tried(1, 'error', passedOn)], began + 3_600_000)).toMatchObject([{ status: 'error' }]);
});
