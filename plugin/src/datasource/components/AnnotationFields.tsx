import { t } from '../../i18n';
import { InlineField, RadioButtonGroup } from '@grafana/ui';
import type { FieldsProps } from './QueryEditor';
import { WorkloadPicker } from './WorkloadPicker';

export function AnnotationFields({ query, datasource, change }: FieldsProps) {
  return (
    <>
      <InlineField label={t('query.kind.label', 'Events')} labelWidth={14}>
        <RadioButtonGroup
          aria-label={t('query.kind.label', 'Events')}
          options={[
            {
              value: 'changes' as const,
              label: t('query.kind.changes', 'Changes'),
              description: t(
                'query.kind.changes-help',
                'When something was proposed, approved, applied or rolled back',
              ),
            },
            {
              value: 'healing' as const,
              label: t('query.kind.healing', 'Healing'),
              description: t('query.kind.healing-help', 'What was wrong with pods, and what was done about it'),
            },
            {
              value: 'forecasts' as const,
              label: t('query.kind.surprises', 'Surprises'),
              description: t('query.kind.surprises-help', 'When what came left the 80 % band for five minutes or more'),
            },
          ]}
          value={query.kind ?? 'changes'}
          onChange={(kind) => change({ kind })}
        />
      </InlineField>
      <WorkloadPicker
        value={query.workload ?? ''}
        datasource={datasource}
        onChange={(workload) => change({ workload })}
      />
    </>
  );
}
