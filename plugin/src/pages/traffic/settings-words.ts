import { t } from '../../i18n';
import type { NumberField } from './settings-draft';

export function fieldName(field: NumberField): string {
  const names: Record<NumberField, string> = {
    minReplicas: t('settings.min-replicas', 'Never fewer replicas than'),
    maxReplicas: t('settings.max-replicas', 'Never more than'),
    targetShare: t('settings.target-share', 'Use of a pod'),
    quantile: t('settings.quantile', 'Quantile of the forecast'),
    latencyLimitMs: t('settings.latency', 'Latency to keep, p95 in ms'),
    requestsPerPod: t('settings.per-pod', 'A pod can serve, requests / min'),
    stabilisationMinutes: t('settings.stabilisation', 'Wait before fewer, minutes'),
    stepUpShare: t('settings.step-up', 'More at once, share'),
    stepUpReplicas: t('settings.step-up-replicas', 'More at once in any case'),
    stepDownShare: t('settings.step-down', 'Fewer at once, share'),
    actsPerHour: t('settings.acts', 'Changes an hour'),
    earlyMinutes: t('settings.early-minutes', 'Earlier by, minutes'),
  };
  return names[field];
}

export function fieldHelp(field: NumberField): string | undefined {
  const texts: Partial<Record<NumberField, string>> = {
    targetShare: t('settings.target-share-help', 'Share of what it can serve'),
    quantile: t('settings.quantile-help', '0.9: nine of ten minutes need no more'),
    latencyLimitMs: t('settings.latency-help', 'Empty: none'),
    requestsPerPod: t('settings.per-pod-help', 'Empty: it is learned'),
    earlyMinutes: t('settings.early-help', 'Than the start of a pod demands'),
    actsPerHour: t('settings.acts-help', 'Beyond it only observed load adds'),
  };
  return texts[field];
}
