import { t } from '../../i18n';
import { InlineField, type ComboboxOption } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { annotationKinds, type AnnotationKind } from '../types';
import type { FieldsProps } from './QueryEditor';
import { WorkloadPicker } from './WorkloadPicker';

export function AnnotationFields({ query, datasource, change }: FieldsProps) {
  const name = t('query.kind.label', 'Events');
  return (
    <>
      <InlineField label={name} labelWidth={14}>
        <Choice
          name={name}
          options={kindOptions()}
          value={query.kind ?? 'changes'}
          onChange={({ value }) => change({ kind: value })}
          width={32}
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

function kindOptions(): Array<ComboboxOption<AnnotationKind>> {
  const texts: Record<AnnotationKind, { label: string; description: string }> = {
    changes: {
      label: t('query.kind.changes', 'Changes'),
      description: t('query.kind.changes-help', 'When something was proposed, approved, applied or rolled back'),
    },
    scaling: {
      label: t('query.kind.scaling', 'Scaling'),
      description: t('query.kind.scaling-help', 'When replicas were changed, or would have been, and why'),
    },
    healing: {
      label: t('query.kind.healing', 'Healing'),
      description: t('query.kind.healing-help', 'What was wrong with pods, and what was done about it'),
    },
    events: {
      label: t('query.kind.events', 'Known events'),
      description: t('query.kind.events-help', 'Sales, deploys and holidays that are known ahead'),
    },
    forecasts: {
      label: t('query.kind.surprises', 'Surprises'),
      description: t('query.kind.surprises-help', 'When what came left the 80 % band for five minutes or more'),
    },
  };
  return annotationKinds.map((value) => ({ value, ...texts[value] }));
}
