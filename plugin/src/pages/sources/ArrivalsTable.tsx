import type { IngestReport } from '@amadeus/backend/anycost/ingest.ts';
import { Badge, Drawer, type BadgeColor } from '@grafana/ui';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { useService } from '../../service/use-service';

/** The last files that came in, each with what became of it. */
export function ArrivalsTable({ source, refreshKey }: { source?: string; refreshKey: number }) {
  const title = t('sources.arrivals', 'What came in');
  const { data, failure, reload } = useService<IngestReport[]>('/api/ingest/jobs', { source, limit: 100 }, refreshKey);
  const [open, setOpen] = useState<IngestReport | undefined>();
  if (failure) return <FailureNote failure={failure} what={title} retry={reload} />;
  if (!data) return <Skeleton height={160} />;
  return (
    <>
      <DataTable
        name={title}
        columns={columns()}
        rows={data}
        rowKey={({ jobId }) => jobId}
        empty={t('sources.none', 'Nothing has come in yet')}
        onOpen={setOpen}
        openLabel={({ fileName }) => t('sources.open', 'Look at {{name}}', { name: fileName })}
      />
      {open && <Quarantine job={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

const colors: Record<IngestReport['state'], BadgeColor> = {
  completed: 'green',
  failed: 'red',
  active: 'blue',
  waiting: 'blue',
};

function columns(): Array<Column<IngestReport>> {
  return [
    { id: 'file', header: t('sources.file', 'File'), value: ({ fileName }) => fileName },
    { id: 'source', header: t('sources.name', 'Source'), value: ({ source }) => source },
    {
      id: 'state',
      header: t('budget.state.name', 'State'),
      value: ({ state }) => state,
      render: ({ state, progress, failure }) => (
        <Badge color={colors[state]} text={state === 'active' ? `${progress} %` : state} tooltip={failure} />
      ),
    },
    {
      id: 'at',
      header: t('budget.at', 'When'),
      value: ({ receivedAt }) => receivedAt,
      render: ({ receivedAt }) => moment(receivedAt),
    },
    {
      id: 'rows',
      header: t('sources.rows', 'Rows'),
      align: 'right',
      value: ({ rows }) => rows,
      render: ({ rows }) => rows.toLocaleString('en-US'),
    },
    {
      id: 'quarantined',
      header: t('sources.quarantined', 'Left out'),
      align: 'right',
      value: ({ quarantined }) => quarantined,
    },
    {
      id: 'periods',
      header: t('sources.periods', 'Months'),
      value: ({ periods }) => periods.join(', '),
      hidden: true,
    },
  ];
}

interface Detail extends IngestReport {
  quarantine: Array<{ file: string; line: number; column: string; reason: string; quarantined: boolean }>;
}

/** Every line that was left out, or that counts although something in it is odd. */
function Quarantine({ job, onClose }: { job: IngestReport; onClose: () => void }) {
  const { data, failure, reload } = useService<Detail>(`/api/ingest/jobs/${job.jobId}`);
  return (
    <Drawer title={job.fileName} subtitle={`${job.source} · ${moment(job.receivedAt)}`} onClose={onClose} size="lg">
      {failure && <FailureNote failure={failure} what={job.fileName} retry={reload} />}
      {!data && !failure && <Skeleton height={240} />}
      {data?.failure && <p>{data.failure}</p>}
      {data && (
        <>
          <p>
            {t('sources.counts', '{{read}} lines were read: {{kept}} count, {{left}} were left out, {{odd}} are odd.', {
              read: data.rowsRead.toLocaleString('en-US'),
              kept: data.rows.toLocaleString('en-US'),
              left: data.quarantined.toLocaleString('en-US'),
              odd: data.flagged.toLocaleString('en-US'),
            })}
          </p>
          <DataTable
            name={t('sources.quarantine', 'Lines with a remark')}
            columns={[
              { id: 'line', header: t('sources.line', 'Line'), value: ({ line }) => line, align: 'right' },
              { id: 'column', header: t('sources.column', 'Column'), value: ({ column }) => column },
              { id: 'reason', header: t('sources.reason', 'What is wrong'), value: ({ reason }) => reason },
              {
                id: 'counts',
                header: t('sources.counted', 'Counts'),
                value: ({ quarantined }) => (quarantined ? t('sources.no', 'no') : t('price.yes', 'yes')),
              },
            ]}
            rows={data.quarantine}
            rowKey={(_, index) => String(index)}
            empty={t('sources.clean', 'Every line counts.')}
          />
        </>
      )}
    </Drawer>
  );
}
