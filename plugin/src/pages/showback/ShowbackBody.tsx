import type { Report } from '@amadeus/backend/showback/contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Stack } from '@grafana/ui';
import { useEffect } from 'react';
import { DownloadButton } from '../../components/DownloadButton';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { act } from '../../service/client';
import type { DownloadRequest } from '../../service/download';
import { useAsked } from '../../service/use-asked';
import { useMe } from '../../service/MeContext';
import { PageFrame, Part } from '../PageFrame';
import { definitionOf, usualReport, type ReportDraft } from './report-draft';
import { ReportChoices } from './ReportChoices';
import { ReportLevels } from './ReportLevels';
import { SavedReports } from './SavedReports';
import { SentReport } from './SentReport';
import { ShowbackAnswer } from './ShowbackAnswer';

interface ShowbackState extends SceneObjectState {
  draft: ReportDraft;
  /** Ids of a saved report and of a file that was made from it: a message led here. */
  sent?: { report: string; file: string };
}

/** Who owes what? */
export class ShowbackBody extends SceneObjectBase<ShowbackState> {
  static Component = ShowbackPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, {
    keys: ['period', 'levels', 'in', 'zone', 'shared', 'report', 'file'],
  });

  constructor() {
    super({ draft: usualReport });
  }

  getUrlState(): SceneObjectUrlValues {
    const { period, levels, currency, timeZone, sharedCosts } = this.state.draft;
    return {
      period,
      levels: levels.join(','),
      in: currency || undefined,
      zone: timeZone === 'UTC' ? undefined : timeZone,
      shared: sharedCosts ? undefined : 'off',
      report: this.state.sent?.report,
      file: this.state.sent?.file,
    };
  }

  updateFromUrl(values: SceneObjectUrlValues) {
    const said = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
    const { draft, sent } = this.state;
    if ('report' in values || 'file' in values) {
      const ids = { report: said('report') ?? sent?.report ?? '', file: said('file') ?? sent?.file ?? '' };
      const isGone = values['report'] === null || values['file'] === null;
      this.setState({ sent: isGone || ids.file === '' ? undefined : ids });
    }
    this.setState({
      draft: {
        period: said('period') ?? draft.period,
        levels: said('levels')?.split(',').filter(Boolean) ?? draft.levels,
        currency: 'in' in values ? (said('in') ?? '') : draft.currency,
        timeZone: 'zone' in values ? (said('zone') ?? 'UTC') : draft.timeZone,
        sharedCosts: 'shared' in values ? said('shared') !== 'off' : draft.sharedCosts,
      },
    });
  }
}

function ShowbackPage({ model }: SceneComponentProps<ShowbackBody>) {
  const { draft, sent } = model.useState();
  const { may } = useMe();
  const definition = definitionOf(draft);
  const { data, failure, ask } = useAsked<Report>();
  const asked = JSON.stringify(definition);
  useEffect(() => {
    ask(() => act<Report>('/api/showback/preview', { definition: JSON.parse(asked) as unknown }));
  }, [ask, asked]);
  const set = (part: Partial<ReportDraft>) => model.setState({ draft: { ...draft, ...part } });
  const file = (format: 'csv' | 'xlsx' | 'pdf') => (): DownloadRequest => ({
    path: '/api/showback/download',
    body: { definition, format, lang: t('language.code', 'en') === 'ko' ? 'ko' : 'en' },
    fileName: `showback.${format}`,
  });
  const empty = data !== undefined && data.levels.every(({ rows }) => rows.length === 0);
  return (
    <PageFrame>
      {sent && (
        <SentReport
          key={sent.file}
          {...sent}
          onOpen={(saved) => model.setState({ draft: saved })}
          onDismiss={() => model.setState({ sent: undefined })}
        />
      )}
      <ReportChoices draft={draft} onChange={set} />
      {failure && <FailureNote failure={failure} what={t('showback.name', 'The report')} retry={() => set({})} />}
      {!data && !failure && <Skeleton height={320} />}
      {empty && (
        <Empty message={t('showback.empty', 'There is nothing to show back')}>
          {t('showback.empty-help', 'No bill falls into this span. Choose another one.')}
        </Empty>
      )}
      {data && !empty && (
        <>
          <ShowbackAnswer report={data} />
          {may('reports:write') && (
            <Stack direction="row" gap={1} wrap="wrap">
              <DownloadButton label={t('showback.excel', 'Excel')} request={file('xlsx')} variant="primary" size="md" />
              <DownloadButton label="PDF" request={file('pdf')} size="md" />
              <DownloadButton label="CSV" request={file('csv')} size="md" />
            </Stack>
          )}
          <ReportLevels report={data} />
        </>
      )}
      <Part title={t('showback.saved', 'Saved reports and schedules')}>
        <SavedReports definition={definition} onOpen={(saved) => model.setState({ draft: saved })} />
      </Part>
    </PageFrame>
  );
}
