import type { AuditLog } from './audit/index.ts';
import type { Clock } from './clock/index.ts';
import type { Config } from './config/index.ts';
import type { App } from './http/index.ts';
import type { Notifier } from './notify/index.ts';
import type { Outgoing } from './outgoing/index.ts';
import type { Jobs } from './queue/index.ts';
import type { Store } from './store/index.ts';
import type { Telemetry } from './telemetry/index.ts';
import type { Warehouse } from './warehouse/index.ts';

/** What every room stands on. Built once in main.ts and handed to each room. */
export interface Platform {
  config: Config;
  clock: Clock;
  telemetry: Telemetry;
  warehouse: Warehouse;
  store: Store;
  jobs: Jobs;
  audit: AuditLog;
  notifier: Notifier;
  outgoing: Outgoing;
}

/** Work on a rhythm that must run once in the whole fleet: whoever holds the lock `loop:<name>` runs it. */
export interface Loop {
  name: string;
  everyMs: number;
  /** Milliseconds after each multiple of `everyMs` of the epoch at which a turn begins. Default 0. */
  offsetMs?: number;
  run(signal: AbortSignal): Promise<void>;
}

/** A feature as main.ts sees it. */
export interface Room {
  name: string;
  /** Declares HTTP routes (role `api`). */
  routes?(app: App): void | Promise<void>;
  /** Singleton loops (role `controller`). Job definitions are declared on `platform.jobs` when the room is created. */
  loops?: readonly Loop[];
  /** Runs once before the service is ready. */
  start?(signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}
