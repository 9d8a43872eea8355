import type { ExportFile } from '@amadeus/backend/focus-export/contract.ts';
import type { ServiceFailure } from '../../service/failure';

const formats = ['csv', 'xlsx', 'pdf'] as const;

/** How it stands with the file of a link, and in which format it was. */
export type LinkedFile =
  | { kind: 'loading' }
  | { kind: 'error'; failure: ServiceFailure }
  | { kind: 'not-yours'; format: (typeof formats)[number] }
  | { kind: 'ready' | 'making' | 'expired' | 'failed'; file: ExportFile; format: (typeof formats)[number] };

/** What the service said of a file, at the time `now` in milliseconds. Nothing asked means that the link names no file. */
export function linkedFile(
  { data, failure, loading }: { data?: ExportFile; failure?: ServiceFailure; loading: boolean },
  now: number,
): LinkedFile {
  if (data) {
    const format = formats.find((one) => data.fileName.endsWith(`.${one}`)) ?? 'xlsx';
    return { kind: standing(data, now), file: data, format };
  }
  if (loading) return { kind: 'loading' };
  if (failure && failure.status !== 404) return { kind: 'error', failure };
  return { kind: 'not-yours', format: 'xlsx' };
}

function standing({ state, expiresAt }: ExportFile, now: number): 'ready' | 'making' | 'expired' | 'failed' {
  if (state === 'expired' || Date.parse(expiresAt) <= now) return 'expired';
  if (state === 'ready' || state === 'failed') return state;
  return 'making';
}
