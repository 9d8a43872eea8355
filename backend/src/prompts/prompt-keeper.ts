import type { CallLayer, PlannedCall } from '../gateway/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { maskedText } from '../privacy/index.ts';
import { CapturingSink } from '../response-cache/index.ts';
import type { TenantKeys } from '../tenant-keys/index.ts';
import { insertPrompts, listPrompts, type SealedPrompt } from './prompt-repository.ts';

/** A prompt with its answer, as they went between gateway and provider, personal data masked. */
export interface KeptPrompt {
  requestId: string;
  region: string;
  policy: string;
  version: string;
  team?: string;
  product?: string;
  createdAt: Date;
  dialect: string;
  /** JSON text of the request; empty where it was too long. */
  prompt: string;
  /** As the provider's answer was handed on: JSON, or an event stream. Absent where it was too long. */
  answer?: string;
}

interface Waiting extends KeptPrompt {
  tenant: string;
  expiresAt: Date;
}

const dayMs = 86_400_000;
const longest = 1_048_576;
/** What the store does not take in time is let go: prompts are no usage. */
const mostWaiting = 500;

/** Keeps prompts and answers of policies that say so, sealed with the tenant's key. */
export class PromptKeeper {
  readonly #platform: Pick<Platform, 'store' | 'clock'>;
  readonly #keys: TenantKeys;
  readonly #waiting: Waiting[] = [];
  #dropped = 0;

  constructor(platform: Pick<Platform, 'store' | 'clock'>, keys: TenantKeys) {
    this.#platform = platform;
    this.#keys = keys;
  }

  /** How many were let go because the store took none, or they could not be masked. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What a layer outside of it has masked is all that it sees. */
  readonly layer: CallLayer = (next) => (planned, sink) => {
    const { store } = planned.policy;
    if (!store?.prompts || planned.call.dialect === 'count') return next(planned, sink);
    const capturing = new CapturingSink(sink, longest, {});
    return next(planned, capturing).then((end) => {
      try {
        this.#take(planned, capturing.text, store.days);
      } catch {
        // The caller has the answer; what cannot be masked is not kept.
        this.#dropped += 1;
      }
      return end;
    });
  };

  /** Writes what waits. @throws where the store is away: it waits on, as much as there is room for */
  async turn(): Promise<void> {
    const batch = this.#waiting.slice();
    if (batch.length === 0) return;
    const sealed: SealedPrompt[] = [];
    for (const { tenant, dialect, prompt, answer, team, product, ...rest } of batch) {
      const key = await this.#keys.of(tenant);
      const text = JSON.stringify({ dialect, prompt, answer });
      sealed.push({
        ...{ ...rest, tenant, team: team ?? null, product: product ?? null, keyId: key.id },
        sealed: key.seal(Buffer.from(text), about(tenant, rest.requestId)),
      });
    }
    await insertPrompts(this.#platform.store, sealed);
    this.#waiting.splice(0, batch.length);
  }

  /** Newest first, within the scope; what a destroyed key has sealed is not among them. */
  async read(query: { policy: string; from: Date; to: Date; limit: number }, scope: Scope): Promise<KeptPrompt[]> {
    const { store, clock } = this.#platform;
    const key = await this.#keys.of(scope.tenant);
    const rows = await listPrompts(store, { ...query, tenant: scope.tenant, now: clock.now() });
    return rows
      .filter((row) => row.keyId === key.id && isWithin(row, scope))
      .map(({ sealed, tenant, team, product, requestId, region, policy, version, createdAt }) => ({
        ...{ requestId, region, policy, version, createdAt },
        ...(team === null ? {} : { team }),
        ...(product === null ? {} : { product }),
        ...(JSON.parse(key.unseal(sealed, about(tenant, requestId)).toString('utf8')) as Pick<
          KeptPrompt,
          'dialect' | 'prompt' | 'answer'
        >),
      }));
  }

  #take({ call, policy }: PlannedCall, answer: string | undefined, days: number): void {
    if (this.#waiting.length >= mostWaiting) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    const { id, key, dialect, text } = call.masked ?? call;
    const createdAt = this.#platform.clock.now();
    this.#waiting.push({
      ...{ tenant: key.tenant, requestId: id, region: key.region, policy: policy.name, version: policy.version ?? '' },
      ...(call.request.team === undefined ? {} : { team: call.request.team }),
      ...(call.request.product === undefined ? {} : { product: call.request.product }),
      ...{ createdAt, expiresAt: new Date(createdAt.getTime() + days * dayMs), dialect },
      prompt: text.length > longest ? '' : maskedText(text, policy.privacy),
      ...(answer === undefined ? {} : { answer: maskedText(answer, policy.privacy) }),
    });
  }
}

function isWithin({ region, team, product }: SealedPrompt, scope: Scope): boolean {
  const sees = (list: readonly string[] | 'all', value: string | null): boolean =>
    list === 'all' || (value !== null && list.includes(value));
  return sees(scope.regions, region) && sees(scope.teams, team) && sees(scope.products, product);
}

function about(tenant: string, requestId: string): string {
  return JSON.stringify(['prompt', tenant, requestId]);
}
