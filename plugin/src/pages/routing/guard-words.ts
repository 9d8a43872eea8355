import type { RolloutGuard } from '@amadeus/backend/rollout-guard/contract.ts';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { duration, smallMoney } from './call-words';

export type Evidence = RolloutGuard['stops'][number]['evidence'];
export type Finding = Evidence['findings'][number];

export function measureName(measure: Finding['measure']): string {
  const names: Record<Finding['measure'], string> = {
    errors: t('routing.guard.errors', 'Errors'),
    'first-token': t('routing.guard.first-token', 'First token, p95'),
    cost: t('routing.guard.cost', 'Cost of a call'),
  };
  return names[measure];
}

/** A value of a measure with its unit. */
export function measured(measure: Finding['measure'], value: number, currency: string): string {
  if (measure === 'errors') return formatShare(value, 1);
  if (measure === 'first-token') return duration(value);
  return smallMoney(value.toFixed(12), currency);
}

type Running = NonNullable<RolloutGuard['running']>;

/** Why costs are not compared, or undefined where they are. @param stable names what serves the rest */
export function costGapSentence({ costGap, version }: Running, stable: string): string | undefined {
  if (costGap === undefined) return undefined;
  if (costGap === 'currencies')
    return t('routing.guard.gap-currencies', 'Costs are not compared: the two are paid in different currencies.');
  if (costGap === 'both')
    return t(
      'routing.guard.gap-both',
      'Costs are not compared: what calls of both cost is not known. Models without a price get one under Prices.',
    );
  return t(
    'routing.guard.gap-one',
    'Costs are not compared: what calls of {{side}} cost is not known. A model without a price gets one under Prices.',
    {
      side: costGap === 'candidate' ? version : stable,
    },
  );
}

/** Why it was stopped: "Stopped at 10 %: errors 12 % against 1 %, 430 calls". */
export function stopSentence({ share, evidence }: RolloutGuard['stops'][number]): string {
  const { findings, candidateCalls, currency } = evidence;
  const worse = findings
    .filter(({ isWorse }) => isWorse)
    .map(({ measure, candidate, stable }) =>
      t('routing.guard.against', '{{measure}} {{candidate}} against {{stable}}', {
        measure: measureName(measure).toLowerCase(),
        candidate: measured(measure, candidate, currency),
        stable: measured(measure, stable, currency),
      }),
    );
  return t('routing.guard.stopped', 'Stopped at {{share}}: {{why}}, {{calls}} calls', {
    share: formatShare(share, 0),
    why: worse.join('; '),
    calls: candidateCalls.toLocaleString('en-US'),
  });
}
