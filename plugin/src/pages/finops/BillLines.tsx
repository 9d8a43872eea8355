import { t } from '../../i18n';
import { css } from '@emotion/css';
import { Button, Stack, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import type { Params } from '../../service/client';
import type { CostLine, CostLines } from '../../service/contract';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';

interface Props {
  asked: Params;
  /** The lines are those of this resource alone; empty: of all. */
  resource: string;
  open: boolean;
  onToggle: () => void;
  onAllResources: () => void;
}

/** Shown first; the rest of a line is a choice away. */
const firstColumns = [
  'ChargePeriodStart',
  'ServiceName',
  'ResourceId',
  'x_Team',
  'EffectiveCost',
  'BilledCost',
  'x_SourceFile',
  'x_SourceLine',
];
const pageSize = 200;
/** Pages that are kept; more is a matter for the export of the bill. */
const mostPages = 25;

/** The lines of the bill behind the numbers, each with the file and line that it came from. */
export function BillLines({ asked, resource, open, onToggle, onAllResources }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <Part
      title={t('lines.title', 'Lines of the bill')}
      aside={
        <Button
          size="sm"
          variant="secondary"
          icon={open ? 'angle-up' : 'angle-down'}
          aria-expanded={open}
          onClick={onToggle}
        >
          {open ? t('lines.hide', 'Hide the lines') : t('lines.show', 'Show the lines')}
        </Button>
      }
    >
      {open && resource !== '' && (
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          <span className={styles.resource}>{t('lines.of', 'Only lines of {{resource}}', { resource })}</span>
          <Button size="sm" variant="secondary" fill="text" icon="times" onClick={onAllResources}>
            {t('lines.of-all', 'Lines of all resources')}
          </Button>
        </Stack>
      )}
      {open && <LoadedLines key={JSON.stringify(asked)} asked={asked} />}
    </Part>
  );
}

function LoadedLines({ asked }: { asked: Params }) {
  const [pages, setPages] = useState<CostLine[][]>([]);
  const [cursor, setCursor] = useState<string | undefined>();
  const { data, failure, loading, reload } = useService<CostLines>('/api/cost/lines', {
    ...asked,
    limit: pageSize,
    cursor,
  });
  useEffect(() => {
    if (data) setPages((old) => (old.includes(data.lines) ? old : [...old, data.lines]));
  }, [data]);
  const lines = pages.flat();
  if (failure) return <FailureNote failure={failure} what={t('lines.title', 'Lines of the bill')} retry={reload} />;
  if (!data && lines.length === 0) return <Skeleton height={240} />;
  const more = data?.nextCursor;
  return (
    <>
      <DataTable
        key={lines.length === 0 ? 'none' : 'some'}
        name={t('lines.title', 'Lines of the bill')}
        columns={columnsOf(lines)}
        rows={lines}
        rowKey={(line, index) => `${line.x_SourceFile ?? ''}:${line.x_SourceLine ?? index}:${index}`}
        empty={t('lines.none', 'No bill line fits.')}
      />
      {more !== undefined && pages.length < mostPages && (
        <div>
          <Button variant="secondary" size="sm" disabled={loading} onClick={() => setCursor(more)}>
            {t('lines.more', 'Load more lines')}
          </Button>
        </div>
      )}
    </>
  );
}

function columnsOf(lines: readonly CostLine[]): Array<Column<CostLine>> {
  const names = Object.keys(lines[0] ?? {});
  const first = firstColumns.filter((name) => names.includes(name));
  return [...first, ...names.filter((name) => !first.includes(name))].map((name) => ({
    id: name,
    header: name,
    value: (line) => line[name] ?? '',
    align: name.endsWith('Cost') ? 'right' : 'left',
    hidden: !first.includes(name) && first.length > 0,
  }));
}

const getStyles = () => ({ resource: css({ overflowWrap: 'anywhere' }) });
