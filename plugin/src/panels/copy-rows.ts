import { AppEvents } from '@grafana/data';
import { getAppEvents } from '@grafana/runtime';
import { toCsv } from '../format/csv';
import { t } from '../i18n';

/** Puts rows into the clipboard as CSV, and says so. */
export async function copyRows(
  header: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number | null>>,
): Promise<void> {
  try {
    await navigator.clipboard.writeText(toCsv([header, ...rows]));
    getAppEvents().publish({
      type: AppEvents.alertSuccess.name,
      payload: [t('panel.copied', '{{count}} rows are in the clipboard', { count: rows.length })],
    });
  } catch {
    getAppEvents().publish({
      type: AppEvents.alertWarning.name,
      payload: [
        t('panel.not-copied', 'The browser does not let this page copy. Choose "Show as table" and download the CSV.'),
      ],
    });
  }
}
