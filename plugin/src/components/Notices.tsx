import { Alert } from '@grafana/ui';
import { spoken } from '../i18n';
import type { Notice } from '../service/contract';

/** What the service wants to be known beside its numbers: what is missing, sampled, or stale. The rest of the page stands. */
export function Notices({ notices }: { notices: Notice[] | undefined }) {
  if (notices === undefined || notices.length === 0) return null;
  return (
    <>
      {notices.map(({ severity, text, ko = text }) => (
        <Alert
          key={text}
          severity={severity === 'error' || severity === 'warning' ? severity : 'info'}
          title={spoken({ en: text, ko })}
        />
      ))}
    </>
  );
}
