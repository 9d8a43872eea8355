import { AppError } from '../platform/errors/index.ts';
import type { ChangeRow } from './change-repository.ts';

/** Why somebody may not approve a Change, and what to do instead. */
export function refusal(
  why: 'observed' | 'own' | 'unknown author' | 'twice' | 'not a person',
  row: ChangeRow,
): AppError {
  switch (why) {
    case 'own':
      return new AppError('FORBIDDEN', 'Nobody approves their own proposal, nor one of their own keys.', {
        help: 'Ask another person to approve it.',
      });
    case 'unknown author':
      return new AppError('FORBIDDEN', 'The key that proposed it was deleted: nobody knows whose it was.', {
        help: 'Propose it again.',
      });
    case 'not a person':
      return new AppError('FORBIDDEN', 'Only a person can approve a Change.', {
        help: 'Approve it in Grafana, signed in as yourself.',
      });
    case 'twice':
      return new AppError('CONFLICT', `You have approved Change ${row.id} already.`, {
        help: 'Another person must approve it.',
      });
    case 'observed':
      return new AppError('CONFLICT', `${row.kind}:${row.target} is only observed: nothing is applied to it.`, {
        help: 'Set its mode to `approve` under `changes.targets` in the configuration, then propose it again.',
      });
  }
}

/** That a proposal is about what its author does not see. */
export function outside(): AppError {
  return new AppError(
    'FORBIDDEN',
    'It is about a region, team or product that you do not see, or it is not known about which region.',
    {
      help: 'Ask somebody who sees it to propose it; GET /api/me shows what you see.',
    },
  );
}
