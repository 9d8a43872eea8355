import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../errors/index.ts';

/** Bytes of one payload as JSON. Larger things belong in a store; the job carries their name. */
export const payloadLimitBytes = 256 * 1024;
const shownErrors = 10;

/** One line per field that is wrong, at most ten; empty where the payload fits its schema. */
export function payloadErrors(schema: TSchema, payload: unknown): string[] {
  if (Value.Check(schema, payload)) return [];
  return Value.Errors(schema, payload)
    .slice(0, shownErrors)
    .map((error) => `${error.instancePath || '/'} ${error.message}`);
}

/** The payload as it will be read back. Throws VALIDATION_FAILED or TOO_LARGE. */
export function checkedPayload(name: string, schema: TSchema, payload: unknown): unknown {
  const errors = payloadErrors(schema, payload);
  if (errors.length > 0) {
    throw new AppError('VALIDATION_FAILED', `The payload of job ${name} does not match its schema.`, {
      extra: { errors },
    });
  }
  const text = JSON.stringify(payload);
  if (Buffer.byteLength(text) > payloadLimitBytes) {
    throw new AppError('TOO_LARGE', `The payload of job ${name} exceeds ${payloadLimitBytes} bytes.`, {
      help: 'Keep the data in a store and send its name.',
    });
  }
  return JSON.parse(text) as unknown;
}
