import type { HealingWorkloads } from '@amadeus/backend/healing/contract.ts';
import { Alert } from '@grafana/ui';
import { ago } from '../../format/age';
import { t } from '../../i18n';

/** What keeps clusters from being watched or acted on. */
export function ClusterNotes({ ground: { clusters, notices } }: { ground: HealingWorkloads }) {
  return (
    <>
      {clusters.map(({ cluster, state, freshAt, leads, trouble }) => {
        if (state === 'watched' && leads && trouble === null) return null;
        const title =
          state === 'unknown' || freshAt === null
            ? t('healing.cluster-unknown', 'Nothing has been heard of {{cluster}} yet', { cluster })
            : state === 'stale'
              ? t('healing.cluster-stale', '{{cluster}} was last heard of {{when}}', { cluster, when: ago(freshAt) })
              : t('healing.cluster-other', '{{cluster}} is watched, and not acted on from here', { cluster });
        const help =
          state === 'watched' && !leads
            ? t(
                'healing.cluster-lease',
                'Another installation holds its Lease, or it could not be renewed just now. Nothing is done to its workloads until this is over.',
              )
            : t('healing.cluster-help', 'Nothing is done to its workloads until this is over.');
        return (
          <Alert key={cluster} severity={state === 'watched' ? 'info' : 'warning'} title={title}>
            {trouble ?? help}
          </Alert>
        );
      })}
      {notices.map((notice) => (
        <Alert key={notice} severity="info" title={notice} />
      ))}
    </>
  );
}
