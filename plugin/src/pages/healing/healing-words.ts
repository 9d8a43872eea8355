import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import type { BadgeColor } from '@grafana/ui';
import { t } from '../../i18n';

type Trouble = IncidentView['trouble'];
type Verdict = IncidentView['verdict'];
export type Act = IncidentView['acts'][number];

export function troubleNames(): Record<Trouble, string> {
  return {
    'oom-killed': t('healing.trouble.oom', 'Out of memory'),
    'crash-loop': t('healing.trouble.crash', 'Crash loop'),
    'image-pull': t('healing.trouble.image', 'Image cannot be pulled'),
    configuration: t('healing.trouble.configuration', 'Configuration missing'),
    unready: t('healing.trouble.unready', 'Not ready'),
    unplaced: t('healing.trouble.unplaced', 'No node has room'),
  };
}

export function verdictNames(): Record<Verdict, string> {
  return {
    acted: t('healing.verdict.acted', 'Healed'),
    proposed: t('healing.verdict.proposed', 'Act proposed'),
    observed: t('healing.verdict.observed', 'Only observed'),
    advised: t('healing.verdict.advised', 'Needs you'),
    leak: t('healing.verdict.leak', 'Leak: needs you'),
    held: t('healing.verdict.held', 'Held back'),
    waiting: t('healing.verdict.waiting', 'Being looked at'),
  };
}

export function verdictColor(verdict: Verdict): BadgeColor {
  if (verdict === 'acted') return 'green';
  if (verdict === 'leak' || verdict === 'advised') return 'red';
  return verdict === 'held' || verdict === 'proposed' ? 'orange' : 'blue';
}

export function causeName(cause: string): string {
  const names: Record<string, string> = {
    memory: t('healing.cause.memory', 'its memory limit'),
    heap: t('healing.cause.heap', 'the heap limit of its runtime'),
    configuration: t('healing.cause.configuration', 'its configuration'),
    dependency: t('healing.cause.dependency', 'something that it depends on'),
    migration: t('healing.cause.migration', 'a migration'),
    image: t('healing.cause.image', 'its image'),
    disk: t('healing.cause.disk', 'a disk'),
    probe: t('healing.cause.probe', 'its probe'),
    node: t('healing.cause.node', 'a node'),
    placement: t('healing.cause.placement', 'too little room in the cluster'),
    permission: t('healing.cause.permission', 'refused access'),
    network: t('healing.cause.network', 'a port that is taken'),
    program: t('healing.cause.program', 'the program itself'),
  };
  return names[cause] ?? cause;
}

/** What an act changes, in a line. */
export function actText({ act, before, after, summary }: Act): string {
  if (before === null || after === null) return summary ?? act;
  return act === 'memory'
    ? t('healing.act.memory', 'Memory limit {{before}} → {{after}}', { before, after })
    : t('healing.act.rollback', 'Image {{before}} → {{after}}', { before, after });
}

/** Whether a person has to look at it, for an act of ours would be wrong or did not help. */
export function needsPerson({ verdict }: Pick<IncidentView, 'verdict'>): boolean {
  return verdict === 'advised' || verdict === 'leak' || verdict === 'held';
}

/** `shop/cart` */
export function nameOf({ namespace, workload }: Pick<IncidentView, 'namespace' | 'workload'>): string {
  return `${namespace}/${workload}`;
}
