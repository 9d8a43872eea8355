import type { QueryEditorProps } from '@grafana/data';
import { t } from '../../i18n';
import { Field, RadioButtonGroup, Stack } from '@grafana/ui';
import type { AmadeusDatasource } from '../datasource';
import type { AmadeusOptions, AmadeusQuery, AmadeusVariableQuery, VariableType } from '../types';
import { Choice } from '../../components/Choice';

type Props = QueryEditorProps<AmadeusDatasource, AmadeusQuery, AmadeusOptions, AmadeusVariableQuery>;

/** What a dashboard variable lists: workloads, dimensions of the bill, or the values of one. */
export function VariableQueryEditor({ query, onChange, datasource }: Props) {
  const type: VariableType = query.type ?? 'workloads';
  const dimensions = async (search: string) => {
    const found = await datasource.list('dimensions', { search }).catch(() => []);
    return found.map(({ text, value }) => ({ label: text, value }));
  };
  return (
    <Stack direction="column" gap={1}>
      <Field noMargin label={t('variable.type.label', 'List')}>
        <RadioButtonGroup<VariableType>
          aria-label={t('variable.type.label', 'List')}
          options={[
            { value: 'workloads', label: t('variable.type.workloads', 'Workloads') },
            { value: 'dimensions', label: t('variable.type.dimensions', 'Dimensions of the bill') },
            { value: 'values', label: t('variable.type.values', 'Values of a dimension') },
            { value: 'budgets', label: t('variable.type.budgets', 'Budgets') },
          ]}
          value={type}
          onChange={(next) => onChange({ ...query, type: next })}
        />
      </Field>
      {type === 'values' && (
        <Field noMargin label={t('variable.dim.label', 'Dimension')}>
          <Choice
            name={t('variable.dim.label', 'Dimension')}
            placeholder={t('variable.dim.hint', 'for example x_Team')}
            options={dimensions}
            value={query.dim === undefined ? null : { value: query.dim }}
            onChange={(option) => onChange({ ...query, dim: option.value })}
            createCustomValue
            width={40}
          />
        </Field>
      )}
    </Stack>
  );
}
