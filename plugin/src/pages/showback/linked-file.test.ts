import type { ExportFile } from '@amadeus/backend/focus-export/contract.ts';
import { linkedFile } from './linked-file';

const now = Date.parse('2026-03-20T00:00:00Z');
const file = (state: ExportFile['state'], expiresAt = '2026-03-21T00:00:00Z') =>
  ({ state, expiresAt, fileName: 'teams.pdf' }) as ExportFile;
const stands = (data: ExportFile) => linkedFile({ data, loading: false }, now).kind;

describe('the file of a link', () => {
  test('is there, in the making, failed, or expired, also before the service has noticed', () => {
    expect([file('ready'), file('waiting'), file('failed'), file('expired')].map(stands)).toEqual([
      'ready',
      'making',
      'failed',
      'expired',
    ]);
    expect(stands(file('ready', '2026-03-19T23:59:59Z'))).toBe('expired');
  });

  test('that the caller may not see is told apart from a service that does not answer', () => {
    const failed = (status: number) => linkedFile({ failure: { kind: 'failed', status }, loading: false }, now).kind;
    expect([failed(404), failed(502), failed(403)]).toEqual(['not-yours', 'error', 'error']);
    expect(linkedFile({ loading: true }, now).kind).toBe('loading');
  });

  test('is made again in the format in which it was', () => {
    expect(linkedFile({ data: file('expired'), loading: false }, now)).toMatchObject({ format: 'pdf' });
  });
});
