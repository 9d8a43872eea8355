import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { config, getDataSourceSrv } from '@grafana/runtime';
import { ClipboardButton, TextLink } from '@grafana/ui';
import { t } from '../../i18n';
import { logsCommand, logsPane } from './logs-address';

/** The way to the logs: Explore with a Loki where this Grafana has one, else the command that reads them. */
export function LogsLink({ incident }: { incident: IncidentView }) {
  // Grafana's own data sources are in every list, whatever the type.
  const loki = getDataSourceSrv()
    .getList({ type: 'loki' })
    .find(({ meta }) => meta.id === 'loki');
  if (loki === undefined) {
    return (
      <ClipboardButton size="sm" variant="secondary" fill="text" icon="copy" getText={() => logsCommand(incident)}>
        {t('healing.copy-logs', 'Copy the command for its logs')}
      </ClipboardButton>
    );
  }
  const search = new URLSearchParams({
    schemaVersion: '1',
    panes: JSON.stringify({ amadeus: logsPane(incident, loki.uid, Date.now()) }),
  });
  return (
    <TextLink href={`${config.appSubUrl}/explore?${search.toString()}`} inline={false} variant="bodySmall">
      {t('healing.logs', 'Its logs')}
    </TextLink>
  );
}
