import type { SetLimit } from '@amadeus/backend/limits/contract.ts';
import { t } from '../../i18n';
import { routingDimensionName } from './call-words';
import type { Bound, LimitWindow } from './limit-draft';

export function boundName(bound: Bound): string {
  const names = {
    requestsPerMinute: t('routing.limit.requests-minute', 'Requests a minute'),
    requestsPerDay: t('routing.limit.requests-day', 'Requests a day'),
    tokensPerMinute: t('routing.limit.tokens-minute', 'Tokens a minute'),
    tokensPerDay: t('routing.limit.tokens-day', 'Tokens a day'),
  };
  return names[bound];
}

/** What is counted together. */
export function perName(per: SetLimit['per']): string {
  return per === 'key' ? t('routing.key.name', 'Key') : routingDimensionName(per);
}

/** Which minutes and days count. */
export function windowName(window: LimitWindow): string {
  return window === 'rolling' ? t('routing.limit.rolling', 'Rolling') : t('routing.limit.calendar', 'Of the calendar');
}
