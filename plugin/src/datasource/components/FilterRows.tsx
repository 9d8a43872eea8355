import { t } from '../../i18n';
import { Button, IconButton, InlineField, Stack, type ComboboxOption } from '@grafana/ui';
import { useEffect, useState } from 'react';
import type { AmadeusDatasource } from '../datasource';
import type { DimensionFilter } from '../types';
import { Choice, Choices } from '../../components/Choice';

type Load = (search: string) => Promise<Array<ComboboxOption<string>>>;

interface Props {
  filters: DimensionFilter[];
  datasource: AmadeusDatasource;
  dimensions: Load;
  onChange: (filters: DimensionFilter[]) => void;
}

/** Rows of "dimension is one of values". A row without a dimension or values is kept here and does not reach the query. */
export function FilterRows({ filters, datasource, dimensions, onChange }: Props) {
  const [rows, setRows] = useState(filters);
  useEffect(() => {
    setRows((old) => (same(complete(old), filters) ? old : filters));
  }, [filters]);
  const set = (next: DimensionFilter[]) => {
    setRows(next);
    if (!same(complete(next), filters)) onChange(complete(next));
  };
  return (
    <InlineField label={t('query.filters.label', 'Filters')} labelWidth={14}>
      <Stack direction="column" gap={0.5} alignItems="flex-start">
        {rows.map((row, index) => (
          <FilterRow
            key={index}
            row={row}
            datasource={datasource}
            dimensions={dimensions}
            onChange={(changed) => set(rows.map((old, at) => (at === index ? changed : old)))}
            onRemove={() => set(rows.filter((_, at) => at !== index))}
          />
        ))}
        <Button variant="secondary" icon="plus" onClick={() => setRows([...rows, { dim: '', values: [] }])}>
          {t('query.filters.add', 'Add filter')}
        </Button>
      </Stack>
    </InlineField>
  );
}

interface RowProps {
  row: DimensionFilter;
  datasource: AmadeusDatasource;
  dimensions: Load;
  onChange: (row: DimensionFilter) => void;
  onRemove: () => void;
}

function FilterRow({ row, datasource, dimensions, onChange, onRemove }: RowProps) {
  const values: Load = async (search) => {
    const found = await datasource.list('values', { dim: row.dim, search }).catch(() => []);
    return found.map(({ text, value }) => ({ label: text, value }));
  };
  return (
    <Stack direction="row" gap={0.5} alignItems="center" wrap="wrap">
      <Choice
        name={t('query.filters.dim', 'Filter by')}
        placeholder={t('query.filters.dim', 'Filter by')}
        options={dimensions}
        value={row.dim === '' ? null : { value: row.dim }}
        onChange={(option) => onChange({ dim: option.value, values: [] })}
        createCustomValue
        width={26}
      />
      <Choices
        key={row.dim}
        name={t('query.filters.values', 'Values')}
        placeholder={t('query.filters.values-hint', 'is one of …')}
        options={values}
        value={row.values.map((value) => ({ value }))}
        onChange={(options) => onChange({ ...row, values: options.map(({ value }) => value) })}
        disabled={row.dim === ''}
        createCustomValue
        width="auto"
        minWidth={26}
        maxWidth={60}
      />
      <IconButton name="trash-alt" tooltip={t('query.filters.remove', 'Remove this filter')} onClick={onRemove} />
    </Stack>
  );
}

function complete(rows: DimensionFilter[]): DimensionFilter[] {
  return rows.filter(({ dim, values }) => dim !== '' && values.length > 0);
}

function same(left: DimensionFilter[], right: DimensionFilter[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
