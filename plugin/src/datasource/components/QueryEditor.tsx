import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { t } from '../../i18n';
import { Alert, InlineField, RadioButtonGroup, Stack } from '@grafana/ui';
import type { AmadeusDatasource } from '../datasource';
import { withDefaults } from '../default-query';
import type { AmadeusOptions, AmadeusQuery, QueryType } from '../types';
import { AnnotationFields } from './AnnotationFields';
import { CostFields } from './CostFields';
import { TrafficFields } from './TrafficFields';

export type EditorProps = QueryEditorProps<AmadeusDatasource, AmadeusQuery, AmadeusOptions>;

/** What one part of the editor gets: the query with its defaults, and a way to change and run it. */
export interface FieldsProps {
  query: AmadeusQuery & { queryType: QueryType };
  datasource: AmadeusDatasource;
  change: (part: Partial<AmadeusQuery>) => void;
}

export function QueryEditor({ query, onChange, onRunQuery, datasource, app }: EditorProps) {
  const full = withDefaults(query);
  const change = (part: Partial<AmadeusQuery>) => {
    onChange(withDefaults({ ...query, ...part }));
    onRunQuery();
  };
  const types = [
    {
      value: 'traffic' as const,
      label: t('query.type.traffic', 'Traffic'),
      description: t('query.type.traffic-help', 'Requests, their forecast and pods'),
    },
    {
      value: 'cost' as const,
      label: t('query.type.cost', 'Cost'),
      description: t('query.type.cost-help', 'Spend from the bills'),
    },
    {
      value: 'annotations' as const,
      label: t('query.type.annotations', 'Events'),
      description: t('query.type.annotations-help', 'Changes, and load that no forecast expected'),
    },
  ];
  const alerting = app === CoreApp.CloudAlerting || app === CoreApp.UnifiedAlerting;

  return (
    <Stack direction="column" gap={1}>
      <InlineField label={t('query.type.label', 'Show')} labelWidth={14}>
        <RadioButtonGroup
          aria-label={t('query.type.label', 'Show')}
          options={alerting ? types.filter(({ value }) => value !== 'annotations') : types}
          value={full.queryType}
          onChange={(queryType) => change({ queryType })}
        />
      </InlineField>
      {full.queryType === 'traffic' && <TrafficFields query={full} datasource={datasource} change={change} />}
      {full.queryType === 'cost' && <CostFields query={full} datasource={datasource} change={change} />}
      {full.queryType === 'annotations' && <AnnotationFields query={full} datasource={datasource} change={change} />}
      {alerting && full.queryType === 'cost' && full.format === 'table' && full.granularity !== 'total' && (
        <Alert severity="warning" title={t('query.alert.table.title', 'An alert rule needs one number per series')}>
          {t('query.alert.table.body', 'Choose the format Time series, or the granularity Total.')}
        </Alert>
      )}
    </Stack>
  );
}
