import type { Source } from '@amadeus/backend/anycost/contract.ts';
import { Alert, Button, Drawer, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Section } from '../../changes/Section';
import { FailureNote } from '../../components/States';
import { ago } from '../../format/age';
import { t } from '../../i18n';
import { act, send } from '../../service/client';
import { useMe } from '../../service/MeContext';
import { useAction } from '../../service/use-action';
import { ArrivalsTable } from './ArrivalsTable';
import { SourceForm } from './SourceForm';
import { SourceState } from './SourcesTable';

interface Props {
  name: string;
  source: Source | undefined;
  onClose: () => void;
  onChanged: () => void;
}

interface Probe {
  ok: boolean;
  message: string;
  help?: string;
}

/** One source: how it fares, what it brought, and what can be done. */
export function SourceDrawer({ name, source, onClose, onChanged }: Props) {
  const { may } = useMe();
  const [probe, setProbe] = useState<Probe | undefined>();
  const [turns, setTurns] = useState(0);
  const [editing, setEditing] = useState(false);
  const path = `/api/sources/${encodeURIComponent(name)}`;
  const test = useAction(async () => setProbe(await act<Probe>(`${path}/test`)));
  const run = useAction(() => act(`${path}/run`));
  const remove = useAction(() => send('DELETE', path));
  const busy = test.busy || run.busy || remove.busy;
  const done = (after: () => void) => (ok: boolean) => {
    if (!ok) return;
    setTurns((count) => count + 1);
    onChanged();
    after();
  };
  if (editing)
    return (
      <SourceForm
        name={name}
        onClose={() => setEditing(false)}
        onSaved={() => {
          setEditing(false);
          onChanged();
        }}
      />
    );
  return (
    <Drawer title={name} subtitle={source && `${source.title} · ${source.region}`} onClose={onClose} size="lg">
      <Stack direction="column" gap={3}>
        {source && (
          <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
            <SourceState source={source} />
            {source.lastRunAt && <span>{t('sources.looked', 'looked {{when}}', { when: ago(source.lastRunAt) })}</span>}
          </Stack>
        )}
        {source?.lastError && <Alert severity="error" title={source.lastError} />}
        {source && may('sources:write') && (
          <Stack direction="row" gap={1} wrap="wrap">
            {source.fetches && (
              <>
                <Button size="sm" disabled={busy} onClick={() => void run.run().then(done(() => undefined))}>
                  {t('sources.run', 'Fetch now')}
                </Button>
                <Button size="sm" variant="secondary" disabled={busy} onClick={() => void test.run()}>
                  {t('sources.test', 'Test')}
                </Button>
              </>
            )}
            {source.origin === 'api' && (
              <>
                <Button size="sm" variant="secondary" icon="pen" onClick={() => setEditing(true)}>
                  {t('budget.edit', 'Edit')}
                </Button>
                <Button
                  size="sm"
                  variant="secondary"
                  icon="trash-alt"
                  disabled={busy}
                  onClick={() => void remove.run().then(done(onClose))}
                >
                  {t('sources.remove', 'Stop fetching')}
                </Button>
              </>
            )}
          </Stack>
        )}
        {probe && (
          <Alert severity={probe.ok ? 'success' : 'error'} title={probe.message}>
            {probe.help}
          </Alert>
        )}
        {[test.failure, run.failure, remove.failure].map(
          (failure, index) => failure && <FailureNote key={index} failure={failure} />,
        )}
        <Section title={t('sources.arrivals', 'What came in')}>
          <ArrivalsTable source={name} refreshKey={turns} />
        </Section>
      </Stack>
    </Drawer>
  );
}
