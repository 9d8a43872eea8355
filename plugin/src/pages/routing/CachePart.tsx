import type { Statistics } from '@amadeus/backend/response-cache/contract.ts';
import { Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { CacheErasure } from './CacheErasure';
import { CacheFlushForm } from './CacheFlushForm';
import { smallMoney } from './call-words';

type Row = Statistics['policies'][number];

interface Props {
  /** ISO 8601. */
  from: string;
  to: string;
  /** Reads anew when it changes. */
  refreshKey: unknown;
  /** Only of this policy. */
  policy?: string;
}

/** What caches answered and what that saved, policy by policy; and how kept answers are made invalid or erased. */
export function CachePart({ from, to, refreshKey, policy }: Props) {
  const { may } = useMe();
  const [open, setOpen] = useState<'flush' | 'erase'>();
  const { data, failure, reload } = useService<Statistics>('/api/gateway/cache/statistics', { from, to }, refreshKey);
  const title = t('routing.cache.title', 'Answers out of caches');
  const close = () => setOpen(undefined);
  const rows = (data?.policies ?? []).filter((row) => policy === undefined || row.policy === policy);
  return (
    <Part
      title={title}
      aside={
        <Stack direction="row" gap={1} wrap="wrap">
          {may('gateway:write') && (
            <Button size="sm" variant="secondary" icon="sync" onClick={() => setOpen('flush')}>
              {t('routing.cache.flush', 'Make kept answers invalid')}
            </Button>
          )}
          {policy === undefined && may('keys:manage') && (
            <Button size="sm" variant="destructive" fill="outline" icon="trash-alt" onClick={() => setOpen('erase')}>
              {t('routing.cache.erase', 'Erase everything kept')}
            </Button>
          )}
        </Stack>
      }
    >
      {failure && <FailureNote failure={failure} what={title} retry={reload} />}
      {!data && !failure && <Skeleton height={120} />}
      {data && (
        <DataTable
          name={title}
          columns={columns(policy === undefined)}
          rows={rows}
          rowKey={(row) => row.policy}
          empty={t('routing.cache.none', 'Nothing was called in this range')}
        />
      )}
      {open === 'flush' && (
        <CacheFlushForm policies={rows.map((row) => row.policy)} policy={policy} onClose={close} onDone={reload} />
      )}
      {open === 'erase' && <CacheErasure onClose={close} onDone={reload} />}
    </Part>
  );
}

function columns(withPolicy: boolean): Array<Column<Row>> {
  const right = 'right' as const;
  const count = (id: 'calls' | 'exact' | 'semantic' | 'embedding', header: string) => ({
    ...{ id, header, align: right, value: (row: Row) => row[id] },
    render: (row: Row) => row[id].toLocaleString('en-US'),
  });
  const name: Column<Row> = { id: 'policy', header: t('routing.dim.policy', 'Policy'), value: (row) => row.policy };
  return [
    ...(withPolicy ? [name] : []),
    count('calls', t('routing.requests', 'Requests')),
    {
      id: 'hitRate',
      header: t('routing.cache.hit-rate', 'Hit rate'),
      align: right,
      value: ({ hitRate }) => hitRate,
      render: ({ hitRate }) => formatShare(hitRate),
    },
    count('exact', t('routing.cache.exact', 'The same call')),
    count('semantic', t('routing.cache.semantic', 'The same meaning')),
    count('embedding', t('routing.cache.embedding', 'Embeddings')),
    {
      id: 'saved',
      header: t('routing.cache.saved', 'Saved'),
      align: right,
      value: ({ saved }) => Number(saved),
      render: ({ saved, currency }) => smallMoney(saved, currency),
    },
  ];
}
