import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { PriceImport } from './price-import.ts';
import type { PriceWriting, Writer } from './price-writing.ts';
import type { Prices } from './prices.ts';
import type { Deployment } from './self-hosted.ts';

/** What the room's routes are made of. */
export interface PricesParts {
  platform: Platform;
  prices: Prices;
  writing: PriceWriting;
  imports: PriceImport;
  deployments(): readonly Deployment[];
}

export const tags = ['prices'];

/** Who acts, for the book and its audit log. */
export function writerOf({ caller, traceId }: { caller: Caller; traceId: string }): Writer {
  return { tenant: caller.scope.tenant, actor: { id: caller.id, name: caller.name }, traceId };
}
