import type { RoutingOverview, WouldHave } from '@amadeus/backend/routing-panels/contract.ts';

export type RoutingStory =
  | { kind: 'off' }
  | { kind: 'no-calls' }
  | {
      kind: 'cheaper';
      share: number;
      saved: string;
      currency: string;
      /** So much less quality is expected, as a part of that of the dearest models; 0: no less. */
      lessQuality?: number;
      answered: number;
      firstToken?: number;
    }
  | { kind: 'told'; calls: number; cost: string; currency: string; answered: number; firstToken?: number };

/** What the page says at its top: what choosing saved where that can be compared, else what the calls cost. */
export function routingStory({ state, total, currency, wouldHave }: RoutingOverview): RoutingStory {
  if (state !== 'ok') return { kind: state };
  const decided = total.calls - total.cancelled;
  const told = {
    answered: decided > 0 ? 1 - (total.errorShare ?? 0) : 1,
    ...(total.firstTokenMs ? { firstToken: total.firstTokenMs.p95 } : {}),
  };
  if (wouldHave?.share !== undefined && wouldHave.share > 0)
    return {
      kind: 'cheaper',
      share: wouldHave.share,
      saved: wouldHave.saved,
      currency,
      ...qualityOf(wouldHave),
      ...told,
    };
  return { kind: 'told', calls: total.calls, cost: total.cost, currency, ...told };
}

function qualityOf({ quality }: WouldHave): { lessQuality?: number } {
  if (!quality || quality.dearest <= 0) return {};
  return { lessQuality: Math.max(0, 1 - quality.chosen / quality.dearest) };
}
