import { AppError } from '../platform/errors/index.ts';

const jsonLimitBytes = 256 * 1024;

/** @throws AppError TOO_LARGE, or VALIDATION_FAILED for what the store has no place for */
export function checkedJson(name: string, value: unknown): void {
  const text = JSON.stringify(value) ?? '';
  if (Buffer.byteLength(text) > jsonLimitBytes) {
    throw new AppError('TOO_LARGE', `The ${name} of the Change exceeds ${jsonLimitBytes} bytes.`);
  }
  // PostgreSQL has no place for the character 0 in a text.
  if (text.replaceAll('\\\\', '').includes('\\u0000')) {
    throw new AppError('VALIDATION_FAILED', `The ${name} of the Change holds the character U+0000.`);
  }
}

/** What `work` gives. @throws AppError UPSTREAM_TIMEOUT where it takes longer */
export async function withinTime<T>(work: Promise<T>, limitMs: number, name: string): Promise<T> {
  const signal = AbortSignal.timeout(limitMs);
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () =>
      reject(new AppError('UPSTREAM_TIMEOUT', `${name} took longer than ${limitMs} ms.`)),
    );
  });
  return Promise.race([work, late]);
}
