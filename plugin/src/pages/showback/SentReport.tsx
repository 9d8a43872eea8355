import type { ExportFile } from '@amadeus/backend/focus-export/contract.ts';
import type { SavedReport } from '@amadeus/backend/showback/contract.ts';
import { Alert, Button, Stack } from '@grafana/ui';
import { useEffect, type ReactNode } from 'react';
import { DownloadButton } from '../../components/DownloadButton';
import { FailureNote, Skeleton } from '../../components/States';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { useService } from '../../service/use-service';
import { draftOfDefinition, type ReportDraft } from './report-draft';
import { linkedFile, type LinkedFile } from './linked-file';

interface Props {
  /** Ids as the link in a message has them. */
  report: string;
  file: string;
  onOpen: (draft: ReportDraft) => void;
  onDismiss: () => void;
}

const pauseMs = 3_000;

/** The file that a message in Slack or by mail leads to, and the report that it was made from. */
export function SentReport({ report, file, onOpen, onDismiss }: Props) {
  const known = /^\d{1,15}$/.test(report);
  const saved = useService<SavedReport>(known ? `/api/showback/reports/${report}` : undefined);
  const made = useService<ExportFile>(/^export-\d{1,18}$/.test(file) ? `/api/exports/${file}` : undefined);
  const definition = saved.data?.definition;
  useEffect(() => {
    if (definition) onOpen(draftOfDefinition(definition));
    // It is opened once, when it is there; what is chosen afterwards stays.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [definition]);
  const state = linkedFile(made, Date.now());
  const { reload } = made;
  useEffect(() => {
    if (state.kind !== 'making') return;
    const timer = setTimeout(reload, pauseMs);
    return () => clearTimeout(timer);
  }, [state, reload]);

  if (state.kind === 'loading') return <Skeleton height={96} />;
  if (state.kind === 'error')
    return <FailureNote failure={state.failure} what={t('sent.name', 'The sent report')} retry={reload} />;
  const name = saved.data?.name ?? t('sent.unknown', 'A report');
  const again = saved.data && state.kind !== 'ready' && state.kind !== 'making' && (
    <DownloadButton
      label={t('sent.again', 'Make it again with what I may see')}
      request={() => ({
        path: `/api/showback/reports/${report}/download`,
        params: { format: state.format, lang: t('language.code', 'en') === 'ko' ? 'ko' : 'en' },
        fileName: `showback.${state.format}`,
      })}
    />
  );
  return (
    <Alert severity={state.kind === 'ready' ? 'success' : 'warning'} title={titleOf(state, name)}>
      <Stack direction="column" gap={1} alignItems="flex-start">
        <span>{textOf(state)}</span>
        {saved.data && state.kind !== 'ready' && (
          <span>{t('sent.below', 'Below is the same report as of now, with what you may see.')}</span>
        )}
        {saved.failure?.status === 404 && (
          <span>{t('sent.deleted', 'The report that it was made from has been deleted since.')}</span>
        )}
        <Stack direction="row" gap={1} wrap="wrap">
          {state.kind === 'ready' && (
            <DownloadButton
              label={t('sent.download', 'Download {{name}}', { name: state.file.fileName })}
              variant="primary"
              request={() => ({ path: `/api/exports/${file}/file`, fileName: state.file.fileName })}
            />
          )}
          {again}
          <Button size="sm" variant="secondary" fill="text" onClick={onDismiss}>
            {t('sent.dismiss', 'Close')}
          </Button>
        </Stack>
      </Stack>
    </Alert>
  );
}

type Shown = Exclude<LinkedFile, { kind: 'loading' | 'error' }>;

function titleOf(state: Shown, name: string): string {
  switch (state.kind) {
    case 'ready':
      return t('sent.ready', '{{name}}, made on {{when}}', { name, when: moment(state.file.createdAt) });
    case 'making':
      return t('sent.making', '{{name}} is being made', { name });
    case 'expired':
      return t('sent.expired', 'The file of {{name}} has expired', { name });
    case 'failed':
      return t('sent.failed', 'The file of {{name}} could not be made', { name });
    case 'not-yours':
      return t('sent.not-yours', 'You may not see this file, or it is gone');
  }
}

function textOf(state: Shown): ReactNode {
  switch (state.kind) {
    case 'ready':
      return t(
        'sent.ready-help',
        'It is kept until {{when}}. Below is the same report as of now, with what you may see.',
        {
          when: moment(state.file.expiresAt),
        },
      );
    case 'making':
      return t('sent.making-help', 'The download appears here when it is ready.');
    case 'expired':
      return t('sent.expired-help', 'Files are kept for seven days; this one was until {{when}}.', {
        when: moment(state.file.expiresAt),
      });
    case 'failed':
      return state.file.failure ?? t('sent.failed-help', 'The logs of the service say why.');
    case 'not-yours':
      return t(
        'sent.not-yours-help',
        'It was made with what its author may see, which may be more than you may, or it was removed.',
      );
  }
}
