import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { Button, InlineField, Stack } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { t } from '../../i18n';
import { troubleNames, verdictNames } from './healing-words';

/** What the timeline is narrowed to; empty: all. A type, not an interface, so that it can be sent as it is. */
export type Filters = {
  cluster: string;
  workload: string;
  trouble: IncidentView['trouble'] | '';
  verdict: IncidentView['verdict'] | '';
  state: 'open' | 'closed' | '';
};

export const noFilters: Filters = { cluster: '', workload: '', trouble: '', verdict: '', state: '' };

interface Props {
  filters: Filters;
  clusters: readonly string[];
  workloads: readonly string[];
  onChange: (part: Partial<Filters>) => void;
}

export function HealingFilters({ filters, clusters, workloads, onChange }: Props) {
  const listed = (names: Record<string, string>) => Object.entries(names).map(([value, label]) => ({ value, label }));
  const plain = (names: readonly string[], chosen: string) =>
    [...new Set([...names, chosen])].filter((name) => name !== '').map((value) => ({ value, label: value }));
  const field = (name: keyof Filters, label: string, options: Array<{ value: string; label: string }>) => (
    <InlineField label={label}>
      <Choice
        name={label}
        width={24}
        options={[{ value: '', label: t('healing.all', 'All') }, ...options]}
        value={filters[name]}
        onChange={({ value }) => onChange({ [name]: value })}
      />
    </InlineField>
  );
  const isNarrowed = Object.values(filters).some((value) => value !== '');
  return (
    <div role="group" aria-label={t('healing.filters', 'Filters of the timeline')}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="flex-start">
        {clusters.length > 1 && field('cluster', t('healing.cluster', 'Cluster'), plain(clusters, filters.cluster))}
        {field('workload', t('healing.workload', 'Workload'), plain(workloads, filters.workload))}
        {field('trouble', t('healing.trouble-label', 'Trouble'), listed(troubleNames()))}
        {field('verdict', t('healing.verdict-label', 'Outcome'), listed(verdictNames()))}
        {field('state', t('healing.state', 'State'), [
          { value: 'open', label: t('healing.open', 'Goes on') },
          { value: 'closed', label: t('healing.closed', 'Over') },
        ])}
        {isNarrowed && (
          <Button variant="secondary" fill="text" onClick={() => onChange(noFilters)}>
            {t('healing.clear', 'Clear the filters')}
          </Button>
        )}
      </Stack>
    </div>
  );
}
