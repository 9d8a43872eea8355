import { t } from '../../i18n';
import { InlineField, type ComboboxOption } from '@grafana/ui';
import { useCallback } from 'react';
import type { AmadeusDatasource } from '../datasource';
import { Choice } from '../../components/Choice';

interface Props {
  value: string;
  datasource: AmadeusDatasource;
  onChange: (workload: string) => void;
}

/** A workload by type-ahead; a dashboard variable may be typed in. Empty means the busiest. */
export function WorkloadPicker({ value, datasource, onChange }: Props) {
  const every = t('query.workload.busiest', 'The busiest');
  const options = useCallback(
    async (search: string): Promise<Array<ComboboxOption<string>>> => {
      const found = await datasource.list('workloads', { search }).catch(() => []);
      return [{ label: every, value: '' }, ...found.map(({ text, value }) => ({ label: text, value }))];
    },
    [datasource, every],
  );
  return (
    <InlineField label={t('query.workload.label', 'Workload')} labelWidth={14}>
      <Choice
        name={t('query.workload.label', 'Workload')}
        options={options}
        value={{ value, label: value === '' ? every : value }}
        onChange={(option) => onChange(option.value)}
        createCustomValue
        width={40}
      />
    </InlineField>
  );
}
