import { AppError } from '../platform/errors/index.ts';
import type { ReserveRequest } from './doors.ts';

const longestTtlMs = 86_400_000;
export const decimal = /^\d{1,15}(\.\d{1,18})?$/;
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const currencyCode = /^[A-Z]{3}$/;
const maxKeys = 50;

/** @throws AppError VALIDATION_FAILED that names everything that is wrong */
export function checkRequest({ amount, currency, ttlMs, keys, id }: ReserveRequest): void {
  const problems = [
    ...(decimal.test(amount) ? [] : ['`amount` must be an exact decimal, 0 or more']),
    ...(currencyCode.test(currency) ? [] : ['`currency` must be a code of ISO 4217']),
    ...(Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= longestTtlMs ? [] : ['`ttlMs` must be 1 to 86400000']),
    ...(Object.keys(keys).length <= maxKeys ? [] : [`\`keys\` must be at most ${maxKeys}`]),
    ...(id === undefined || uuid.test(id) ? [] : ['`id` must be a UUID']),
  ];
  if (problems.length > 0) throw new AppError('VALIDATION_FAILED', `Correct: ${problems.join('; ')}.`);
}
