import type { Clock } from '../platform/clock/index.ts';
import { isAppError } from '../platform/errors/index.ts';
import type { Cluster, KubeObject, LeaderLease, LeaseOptions } from './contract.ts';
import { resources } from './resources.ts';

interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

type Doors = Pick<Cluster, 'get' | 'create' | 'replace'>;

/**
 * Leader election as client-go does it: whoever holds the Lease renews it; the others take it once they have seen no
 * renewal for its whole duration by their own clock, so that clocks need not agree. Writes carry the version that was read,
 * so that of two who take it at once one fails.
 */
export class ClusterLease implements LeaderLease {
  readonly #doors: Doors;
  readonly #options: Required<LeaseOptions>;
  readonly #clock: Clock;
  readonly #onTrouble: (error: unknown) => void;
  #renewedAt: number | undefined;
  #seen: { record: string; at: number } | undefined;

  constructor(doors: Doors, options: LeaseOptions, parts: { clock: Clock; onTrouble(error: unknown): void }) {
    this.#doors = doors;
    this.#options = { durationMs: 15_000, renewMs: 5_000, ...options };
    this.#clock = parts.clock;
    this.#onTrouble = parts.onTrouble;
  }

  /** A margin of one third covers what is under way when the time runs out. */
  isHeld(): boolean {
    const since = this.#renewedAt === undefined ? Number.POSITIVE_INFINITY : this.#now() - this.#renewedAt;
    // A clock that was set back says nothing about how long ago the renewal was.
    return since >= 0 && since < (this.#options.durationMs * 2) / 3;
  }

  async run(signal: AbortSignal): Promise<void> {
    let trouble = '';
    while (!signal.aborted) {
      try {
        await this.strive();
        trouble = '';
      } catch (error) {
        // The same every five seconds, e.g. a right that lacks, is said once.
        if (trouble !== String(error)) this.#onTrouble(error);
        trouble = String(error);
      }
      await this.#clock.sleep(this.#options.renewMs, signal).catch(() => undefined);
    }
    await this.#giveBack().catch(() => undefined);
  }

  /**
   * One turn: renews, takes or waits. Resolves with whether this process leads. Several that strive under one identity (the
   * replicas of a fleet) lead together: where one of them was a moment faster, it is read again.
   */
  async strive(): Promise<boolean> {
    const leads = await this.#once();
    return leads === 'overtaken' ? (await this.#once()) === true : leads;
  }

  async #once(): Promise<boolean | 'overtaken'> {
    const { namespace, name, identity } = this.#options;
    const began = this.#now();
    let lease: Lease;
    try {
      lease = await this.#doors.get<Lease>({ ...leaseKind, namespace, name });
    } catch (error) {
      if (!isAppError(error) || error.code !== 'NOT_FOUND') throw error;
      return this.#write(began, () =>
        this.#doors.create<Lease>(resources.leases, {
          ...leaseKind,
          metadata: { namespace, name },
          spec: this.#spec(),
        }),
      );
    }
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder !== '' && holder !== identity && !this.#hasRunOut(lease)) {
      this.#renewedAt = undefined;
      return false;
    }
    const spec =
      holder === identity ? this.#spec(lease) : this.#spec(undefined, (lease.spec?.leaseTransitions ?? 0) + 1);
    return this.#write(began, () => this.#doors.replace<Lease>(resources.leases, { ...lease, spec }));
  }

  #hasRunOut(lease: Lease): boolean {
    const record = JSON.stringify(lease.spec);
    if (this.#seen?.record !== record) this.#seen = { record, at: this.#now() };
    const durationMs = (lease.spec?.leaseDurationSeconds ?? this.#options.durationMs / 1000) * 1000;
    return this.#now() - this.#seen.at >= durationMs;
  }

  async #write(began: number, write: () => Promise<Lease>): Promise<true | 'overtaken'> {
    try {
      await write();
      // From before the call: the lease may have stood since then.
      this.#renewedAt = began;
      return true;
    } catch (error) {
      if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
      this.#renewedAt = undefined;
      return 'overtaken';
    }
  }

  #spec(held?: Lease, leaseTransitions = held?.spec?.leaseTransitions ?? 0): NonNullable<Lease['spec']> {
    const now = micro(this.#clock.now());
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#options.durationMs / 1000),
      acquireTime: held?.spec?.acquireTime ?? now,
      renewTime: now,
      leaseTransitions,
    };
  }

  async #giveBack(): Promise<void> {
    if (!this.isHeld()) return;
    this.#renewedAt = undefined;
    const { namespace, name, identity } = this.#options;
    const lease = await this.#doors.get<Lease>({ ...leaseKind, namespace, name });
    if (lease.spec?.holderIdentity !== identity) return;
    const spec = { ...this.#spec(lease), holderIdentity: '', leaseDurationSeconds: 1 };
    await this.#doors.replace<Lease>(resources.leases, { ...lease, spec });
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

const leaseKind = { apiVersion: resources.leases.apiVersion, kind: resources.leases.kind };

/** Leases carry microseconds. */
function micro(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}
