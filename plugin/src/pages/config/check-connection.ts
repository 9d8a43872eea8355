import { t } from '../../i18n';
import { read } from '../../service/client';
import type { Me } from '../../service/contract';
import { toFailure, type ServiceFailure } from '../../service/failure';

export interface Check {
  name: string;
  ok: boolean;
  /** What was found, or what is wrong and what to do. */
  text: string;
}

interface Readiness {
  status: string;
  checks?: Record<string, unknown>;
}

/** Asks the service step by step and stops at the first that fails: reached, let in, ready. */
export async function checkConnection(): Promise<Check[]> {
  const checks: Check[] = [];
  const step = async <T>(name: string, ask: () => Promise<T>, said: (answer: T) => string): Promise<boolean> => {
    try {
      checks.push({ name, ok: true, text: said(await ask()) });
      return true;
    } catch (error) {
      checks.push({ name, ok: false, text: reason(toFailure(error)) });
      return false;
    }
  };
  const reached = await step(
    t('check.reached', 'Service reached'),
    () => read<{ version?: string }>('/api/healthz'),
    ({ version }) => (version ? t('check.version', 'Version {{version}}', { version }) : ''),
  );
  if (!reached) return checks;
  const known = await step(
    t('check.token', 'Token accepted'),
    () => read<Me>('/api/me'),
    ({ name, roles }) =>
      t('check.me', 'You are {{name}} ({{roles}})', {
        name,
        roles: roles.join(', '),
      }),
  );
  if (!known) return checks;
  await step(
    t('check.ready', 'Stores ready'),
    () => read<Readiness>('/api/readyz'),
    ({ checks: stores }) => Object.keys(stores ?? {}).join(', '),
  );
  return checks;
}

function reason(failure: ServiceFailure): string {
  const told = [failure.detail, failure.help].filter(Boolean).join(' ');
  switch (failure.kind) {
    case 'service-down':
    case 'not-configured':
      return failure.status === 504
        ? t(
            'check.timeout',
            'Nothing answered in time at this URL. Check the address and the network between Grafana and the service.',
          )
        : t(
            'check.down',
            'Nothing answers at this URL. Start the service, or correct the URL: it is the Grafana server that must reach it.',
          );
    case 'token-refused':
      return t(
        'check.refused',
        'The service does not accept this token. Enter the one that it prints, or create one there.',
      );
    case 'no-permission':
      return `${told} ${t('check.no-role', 'The service knows you, but gives you no role that may look.')}`.trim();
    default:
      return (
        told ||
        t('check.other', 'Something answers at this URL, but not as the Amadeus service does (status {{status}}).', {
          status: failure.status,
        })
      );
  }
}
