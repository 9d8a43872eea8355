import { Counter } from 'prom-client';
import type { Platform } from '../platform/platform.ts';
import { ChangeDecisions, type MakerOf } from './change-decisions.ts';
import { ChangeDriver } from './change-driver.ts';
import { ChangeKinds } from './change-handler.ts';
import { ChangeLedger } from './change-ledger.ts';
import { ChangeService } from './changes.ts';
import { declareChangeJobs } from './jobs.ts';

/** What of the platform Changes stand on. */
export type ChangesGround = Pick<Platform, 'config' | 'clock' | 'telemetry' | 'store' | 'jobs' | 'audit' | 'notifier'>;

/** Puts the room's parts together and declares its jobs and metrics; once per process. */
export function assembleChanges(ground: ChangesGround, makerOf: MakerOf): ChangeService {
  const { config, clock, telemetry, store, audit, notifier } = ground;
  const counter = new Counter({
    name: 'amadeus_change_steps_total',
    help: 'Steps of Changes by kind and the state they led to',
    labelNames: ['kind', 'to'],
    registers: [telemetry.metrics],
  });
  const ledger = new ChangeLedger({ store, clock, audit, onStep: (kind, to) => counter.inc({ kind, to }) });
  const kinds = new ChangeKinds();
  const log = telemetry.log;
  const wake = declareChangeJobs(ground.jobs, () => service);
  const service: ChangeService = new ChangeService({
    ledger,
    kinds,
    store,
    notifier,
    log,
    wake,
    decisions: new ChangeDecisions(ledger, kinds, config.changes, makerOf),
    driver: new ChangeDriver({ ledger, kinds, config: config.changes, log }),
    ...(config.http.publicUrl ? { publicUrl: config.http.publicUrl } : {}),
  });
  return service;
}
