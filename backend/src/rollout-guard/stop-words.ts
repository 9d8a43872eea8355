import type { Finding } from './judge.ts';

const names = { errors: 'errors', 'first-token': 'p95 of the first token', cost: 'cost per call' } as const;

/** Why a rollout was stopped, in one sentence: "Stopped at 10 %: errors 12 % against 1 %, 430 calls." */
export function stopReason(share: number, findings: readonly Finding[], calls: number, currency: string): string {
  const worse = findings
    .filter(({ isWorse }) => isWorse)
    .map(
      (one) => `${names[one.measure]} ${told(one, one.candidate, currency)} against ${told(one, one.stable, currency)}`,
    );
  return `Stopped at ${percent(share)}: ${worse.join('; ')}, ${calls} calls.`;
}

function told({ measure }: Finding, value: number, currency: string): string {
  if (measure === 'errors') return percent(value);
  if (measure === 'first-token') return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
  return `${Number(value.toPrecision(3))} ${currency}`.trim();
}

function percent(part: number): string {
  return `${Math.round(part * 1000) / 10} %`;
}
