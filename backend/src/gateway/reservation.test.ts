import { expect, test } from '@jest/globals';
import type { AdmittedCall } from './admission.ts';
import { reserve } from './reservation.ts';

test('a call is held in the budgets of its key, whatever tags it brings, and in those of the charges that are estimated of it', async () => {
  const call = {
    key: { id: 'gk_1', tenant: 't' },
    request: { team: 'search', tags: { job: 'nightly', 'gateway.key': 'gk_2' } },
  } as unknown as AdmittedCall;
  const seen: object[] = [];
  const ledger = {
    reserve: (asked: { keys: object }) => {
      seen.push(asked.keys);
      return Promise.resolve({ ok: true as const });
    },
  };
  const parts = { ledger: ledger as never, whenAway: 'refuse' as const, onAway: () => undefined };
  expect(
    await reserve(call, { cost: '0.01', currency: 'USD' }, { model: 'gpt', provider: 'openai' }, parts),
  ).toBeUndefined();
  expect(seen).toEqual([
    {
      ...{ x_Model: 'gpt', ProviderName: 'openai', ServiceName: 'openai models' },
      ...{ ChargeCategory: 'Usage', ServiceCategory: 'AI and Machine Learning', x_Source: 'gateway-estimate' },
      ...{ x_Team: 'search', 'tag:job': 'nightly', 'tag:gateway.key': 'gk_1' },
    },
  ]);
});
