import { t } from '../i18n';
import { Button, Checkbox, Stack, Toggletip } from '@grafana/ui';

interface Props {
  columns: ReadonlyArray<{ id: string; header: string }>;
  hidden: Set<string>;
  onChange: (hidden: Set<string>) => void;
}

/** Which columns of a table are seen. The first always is. */
export function ColumnChoice({ columns, hidden, onChange }: Props) {
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <Toggletip
      placement="bottom-end"
      content={
        <Stack direction="column" gap={0.5}>
          {columns.map(({ id, header }, index) => (
            <Checkbox
              key={id}
              label={header}
              value={!hidden.has(id)}
              disabled={index === 0}
              onChange={() => toggle(id)}
            />
          ))}
        </Stack>
      }
    >
      <Button variant="secondary" size="sm" icon="columns">
        {t('table.columns', 'Columns')}
      </Button>
    </Toggletip>
  );
}
