import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '../i18n';
import { IconButton, Button, Stack, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import type { DimensionFilter } from '../datasource/types';
import { read } from '../service/client';
import type { Dimension } from '../service/contract';
import { useService } from '../service/use-service';
import { Choice, Choices } from '../components/Choice';

interface Props {
  filters: DimensionFilter[];
  onChange: (filters: DimensionFilter[]) => void;
}

/** One bar for team, product, customer, model, region and the rest: dimension, then values, both by type-ahead. */
export function FilterBar({ filters, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const { data } = useService<{ dims: Dimension[] }>('/api/cost/dimensions');
  const [adding, setAdding] = useState<string | undefined>();
  const dims = data?.dims ?? [];
  const nameOf = (dim: string) => dims.find(({ name }) => name === dim)?.label ?? dim;
  const free = dims.filter(({ name }) => !filters.some((filter) => filter.dim === name));
  const add = t('scope.add', 'Add filter');

  return (
    <div className={styles.bar} role="group" aria-label={t('scope.filters', 'Filters')}>
      {filters.map((filter) => (
        <div key={filter.dim} className={styles.filter}>
          <span className={styles.name}>{nameOf(filter.dim)}</span>
          <ValuePicker
            label={nameOf(filter.dim)}
            filter={filter}
            onChange={(values) =>
              onChange(
                values.length === 0
                  ? filters.filter(({ dim }) => dim !== filter.dim)
                  : filters.map((old) => (old.dim === filter.dim ? { ...old, values } : old)),
              )
            }
          />
          <IconButton
            name="times"
            tooltip={t('scope.remove', 'Remove the filter on {{name}}', { name: nameOf(filter.dim) })}
            onClick={() => onChange(filters.filter(({ dim }) => dim !== filter.dim))}
          />
        </div>
      ))}
      {adding === undefined ? (
        <Button
          variant="secondary"
          icon="filter"
          fill="outline"
          onClick={() => setAdding('')}
          disabled={free.length === 0}
        >
          {add}
        </Button>
      ) : (
        <Stack direction="row" gap={0.5} alignItems="center">
          <Choice
            name={add}
            placeholder={t('scope.choose', 'Team, product, model …')}
            options={free.map(({ name, label }) => ({ value: name, label, description: name }))}
            value={adding === '' ? null : adding}
            onChange={(option) => setAdding(option.value)}
            width={24}
          />
          {adding !== '' && (
            <ValuePicker
              label={nameOf(adding)}
              filter={{ dim: adding, values: [] }}
              onChange={(values) => {
                setAdding(undefined);
                onChange([...filters, { dim: adding, values }]);
              }}
            />
          )}
          <IconButton name="times" tooltip={t('scope.cancel', 'Cancel')} onClick={() => setAdding(undefined)} />
        </Stack>
      )}
    </div>
  );
}

interface ValueProps {
  label: string;
  filter: DimensionFilter;
  onChange: (values: string[]) => void;
}

function ValuePicker({ label, filter, onChange }: ValueProps) {
  const none = t('scope.none', '(none)');
  const named = (value: string) => ({ value, label: value === '' ? none : value });
  const load = async (search: string) => {
    const path = `/api/cost/dimensions/${encodeURIComponent(filter.dim)}/values`;
    const answer = await read<{ values: string[] }>(path, { search, limit: 100 }).catch(() => ({ values: [] }));
    return answer.values.map(named);
  };
  return (
    <Choices
      name={t('scope.values', 'Values of {{label}}', { label })}
      placeholder={t('scope.is', 'is one of …')}
      options={load}
      value={filter.values.map(named)}
      onChange={(options) => onChange(options.map(({ value }) => value))}
      width="auto"
      minWidth={16}
      maxWidth={40}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), alignItems: 'center' }),
  filter: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), maxWidth: '100%' }),
  name: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    whiteSpace: 'nowrap',
  }),
});
