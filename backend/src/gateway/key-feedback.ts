import { AppError } from '../platform/errors/index.ts';
import { GatewayError } from './gateway-error.ts';
import type { GatewayPorts } from './ports.ts';
import type { VirtualKey } from './virtual-key.ts';

/**
 * What an application says of an answer, by its key: `{"requestId": "...", "rating": "up"}`.
 * @returns what is answered @throws GatewayError 400 where it is no such thing, 404 where nobody takes it
 */
export async function keyFeedback(take: GatewayPorts['feedback'], key: VirtualKey, body: Buffer): Promise<object> {
  if (!take) throw new GatewayError(404, 'not_found', 'Nobody takes feedback here.');
  let said: unknown;
  try {
    said = JSON.parse(body.toString('utf8'));
  } catch {
    throw new GatewayError(400, 'invalid_json', 'The body is not JSON.');
  }
  try {
    return await take(key, said);
  } catch (error) {
    if (error instanceof AppError && error.status < 500)
      throw new GatewayError(error.status, error.code.toLowerCase(), error.message);
    throw error;
  }
}
