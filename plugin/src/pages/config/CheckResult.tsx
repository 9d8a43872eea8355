import { Alert } from '@grafana/ui';
import type { Check } from './check-connection';

/** The steps of the test, each with what it found. */
export function CheckResult({ checks }: { checks: Check[] }) {
  return (
    <div data-testid="amadeus-checks">
      {checks.map(({ name, ok, text }) => (
        <Alert key={name} severity={ok ? 'success' : 'error'} title={name}>
          {text}
        </Alert>
      ))}
    </div>
  );
}
