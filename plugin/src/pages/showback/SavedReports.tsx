import type { Definition, SavedReport } from '@amadeus/backend/showback/contract.ts';
import { Button, Checkbox, Input, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useMe } from '../../service/MeContext';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { draftOfDefinition, type ReportDraft } from './report-draft';
import { ReportDrawer } from './ReportDrawer';

interface Props {
  /** What is chosen on the page. */
  definition: Definition;
  onOpen: (draft: ReportDraft) => void;
}

/** Reports under a name, to be opened again and sent on a schedule. */
export function SavedReports({ definition, onOpen }: Props) {
  const { may, me } = useMe();
  const { data, failure, reload } = useService<{ reports: SavedReport[] }>('/api/showback/reports');
  const [name, setName] = useState('');
  const [someRegions, setSomeRegions] = useState(false);
  const [shown, setShown] = useState<SavedReport | undefined>();
  const save = useAction(() =>
    act('/api/showback/reports', {
      ...{ name: name.trim(), definition },
      // Without regions a report is for those who see what its author sees.
      ...(someRegions ? { regions: [] } : {}),
    }),
  );
  const title = t('showback.saved', 'Saved reports and schedules');
  return (
    <>
      {may('reports:write') && (
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          <Input
            aria-label={t('showback.save-as', 'Name of the report')}
            placeholder={t('showback.save-as', 'Name of the report')}
            width={36}
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button
            variant="secondary"
            icon="save"
            disabled={name.trim() === '' || save.busy}
            onClick={() =>
              void save.run().then((ok) => {
                if (!ok) return;
                setName('');
                reload();
              })
            }
          >
            {t('showback.save', 'Save what is chosen above')}
          </Button>
          {me?.scope.regions === 'all' && (
            <Checkbox
              label={t('view.some-regions', 'Also with people who see some regions only')}
              value={someRegions}
              onChange={(event) => setSomeRegions(event.currentTarget.checked)}
            />
          )}
        </Stack>
      )}
      {save.failure && <FailureNote failure={save.failure} />}
      {failure && <FailureNote failure={failure} what={title} retry={reload} />}
      {!data && !failure && <Skeleton height={120} />}
      {data && (
        <DataTable
          name={title}
          columns={[
            { id: 'name', header: t('budget.field.name', 'Name'), value: (report) => report.name },
            {
              id: 'levels',
              header: t('showback.levels', 'Levels'),
              value: (report) => report.definition.levels.join(', '),
            },
            {
              id: 'currency',
              header: t('scope.currency', 'Currency'),
              value: (report) => report.definition.currency ?? '',
            },
            {
              id: 'updated',
              header: t('showback.updated', 'Changed'),
              value: (report) => report.updatedAt,
              render: (report) => moment(report.updatedAt),
            },
          ]}
          rows={data.reports}
          rowKey={({ id }) => String(id)}
          empty={t('showback.saved-none', 'No report is saved yet.')}
          onOpen={(report) => {
            onOpen(draftOfDefinition(report.definition));
            setShown(report);
          }}
          openLabel={(report) => t('showback.open', 'Open {{name}}', { name: report.name })}
        />
      )}
      {shown && (
        <ReportDrawer
          report={shown}
          mayWrite={may('reports:write')}
          onClose={() => setShown(undefined)}
          onRemoved={() => {
            setShown(undefined);
            reload();
          }}
        />
      )}
    </>
  );
}
