import type { Notification, Severity } from './contract.ts';

const severityMarks: Readonly<Record<Severity, string>> = {
  critical: '🔴',
  error: '🟠',
  warning: '🟡',
  info: '🔵',
};

/** ✅ for what is over, 👀 for what someone looks at, else the colour of the severity. */
export function mark({ event, severity }: Pick<Notification, 'event' | 'severity'>): string {
  if (event === 'resolve') return '✅';
  return event === 'acknowledge' ? '👀' : severityMarks[severity];
}
