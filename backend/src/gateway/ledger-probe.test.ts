import { expect, test } from '@jest/globals';
import type { AdmittedCall } from './admission.ts';
import { LedgerProbe } from './ledger-probe.ts';
import { reserve } from './reservation.ts';

test('while the ledger is away one question at a time goes to it, for nothing, and no call waits', async () => {
  const asked: string[] = [];
  let answer: () => Promise<{ ok: true }> = () => Promise.reject(new Error('away'));
  const probe = new LedgerProbe({
    dimensions: () => Promise.reject(new Error('away')),
    reserve: ({ amount }) => {
      asked.push(amount);
      return answer();
    },
  });
  const call = async (): Promise<unknown> =>
    probe.reserve({ tenant: 't', keys: {}, amount: '5', currency: 'USD', ttlMs: 60_000 });
  expect(await probe.dimensions('t')).toEqual(new Set());
  await expect(call()).rejects.toThrow('away');
  let comesBack: (() => void) | undefined;
  answer = () => new Promise((resolve) => (comesBack = () => resolve({ ok: true })));
  for (let n = 0; n < 3; n++) await expect(call()).rejects.toThrow('away');
  expect(asked).toEqual(['5', '0']);
  comesBack!();
  await new Promise((resolve) => setImmediate(resolve));
  answer = () => Promise.resolve({ ok: true });
  expect(await call()).toEqual({ ok: true });
  expect(asked).toEqual(['5', '0', '5']);
});

test.each(['allow', 'refuse'] as const)(
  'where budgets cannot be counted the configuration says: %s',
  async (whenAway) => {
    const call = {
      key: { id: 'k', name: 'k', tenant: 't', region: 'r', models: ['*'] },
      request: { tenant: 't', model: 'm', tags: {}, promptTokens: 1 },
    } as unknown as AdmittedCall;
    const told: unknown[] = [];
    const held = reserve(
      call,
      { cost: '1', currency: 'USD' },
      { model: 'm', provider: 'p' },
      {
        ledger: { reserve: () => Promise.reject(new Error('away')) },
        whenAway,
        onAway: (error) => told.push(error),
      },
    );
    if (whenAway === 'allow') expect(await held).toBeUndefined();
    else await expect(held).rejects.toMatchObject({ status: 503, code: 'budgets_unavailable' });
    expect(told).toHaveLength(1);
  },
);
