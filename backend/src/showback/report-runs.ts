import Type from 'typebox';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { JobContext, JobDefinition } from '../platform/queue/index.ts';
import type { Report, Run } from './contract.ts';
import type { ShowbackPorts } from './ports.ts';
import { reportFileName, reportTypes } from './report-files.ts';
import { reportNotification } from './report-notification.ts';
import { findReport } from './report-repository.ts';
import type { Reports } from './reports.ts';
import { dueAt } from './schedule.ts';
import * as records from './schedule-repository.ts';

const PayloadSchema = Type.Object({ runId: Type.Integer({ minimum: 1 }) });
const attempts = 5;
const minuteMs = 60_000;
const leftAfterMs = 10 * minuteMs;
const keptMs = 400 * 24 * 60 * minuteMs;
const dueAtOnce = 50;
const listed = 100;
/** Larger files are not attached: mail servers refuse them, and the address of the file stands in the message. */
const maxAttachedBytes = 10 * 1024 * 1024;

/** Sends reports when they are due. */
export class ReportRuns {
  readonly #platform: Platform;
  readonly #ports: ShowbackPorts;
  readonly #reports: Reports;
  readonly #job: JobDefinition<typeof PayloadSchema, { state: string }>;

  constructor(platform: Platform, ports: ShowbackPorts, reports: Reports) {
    this.#platform = platform;
    this.#ports = ports;
    this.#reports = reports;
    this.#job = {
      name: 'showback-run',
      payload: PayloadSchema,
      attempts,
      concurrency: 1,
      handle: async ({ runId }, context) => ({ state: await this.#run(runId, context) }),
    };
    platform.jobs.define(this.#job);
  }

  /**
   * One turn: every schedule that is due is sent once, however many of its times have passed, and its next time is set. That
   * a due time has one row in the store keeps it from being sent twice.
   */
  async turn(): Promise<void> {
    const { store, clock } = this.#platform;
    const now = clock.now();
    const begun = await store.transaction(async (tx) => {
      const runs: records.RunRecord[] = [];
      for (const schedule of await records.lockDue(tx, now, dueAtOnce)) {
        const { due, missed, next } = dueAt(schedule, schedule.nextRunAt!, now);
        const { tenant, id } = schedule;
        const run = await records.insertRun(tx, { tenant, scheduleId: id, dueAt: due, missed, at: now });
        if (run !== undefined) runs.push(run);
        await records.setNext(tx, id, next);
      }
      return runs;
    });
    for (const { id } of begun) await this.#enqueue(id);
    for (const left of await records.listLeftRuns(store, new Date(now.getTime() - leftAfterMs)))
      await this.#enqueue(left.id, left.attempts);
    await records.dropOldRuns(store, new Date(now.getTime() - keptMs));
  }

  /** Sends a schedule now, beside its due times. */
  async runNow(schedule: records.ScheduleRecord): Promise<Run> {
    const now = this.#platform.clock.now();
    const { tenant, id } = schedule;
    const run = await records.insertRun(this.#platform.store, {
      ...{ tenant, scheduleId: id, dueAt: now, missed: 0 },
      at: now,
    });
    if (run === undefined) throw new AppError('CONFLICT', 'It is being sent at this moment.');
    await this.#enqueue(run.id);
    return toRun(run);
  }

  async list(tenant: string, scheduleId: number): Promise<Run[]> {
    return (await records.listRuns(this.#platform.store, tenant, scheduleId, listed)).map(toRun);
  }

  async #enqueue(runId: number, tried?: number): Promise<void> {
    const id = tried === undefined ? `showback-${runId}` : `showback-${runId}-after-${tried}`;
    await this.#platform.jobs
      .enqueue(this.#job, { runId }, { id })
      .catch((error: unknown) =>
        this.#platform.telemetry.log.warn({ err: error, run: runId }, 'A report waits for the queue to come back'),
      );
  }

  async #run(id: number, context: JobContext): Promise<string> {
    const { store, clock, telemetry } = this.#platform;
    const run = await records.beginRun(store, id, clock.now());
    if (run === undefined) return 'done before';
    try {
      await this.#send(run, context.signal);
      await records.finishRun(store, id, { state: 'sent', failure: null, at: clock.now() });
      return 'sent';
    } catch (error) {
      const mayPass = !isAppError(error) || error.status >= 500;
      if (mayPass && run.attempts < attempts) throw error;
      const failure = isAppError(error)
        ? error.message
        : 'The report could not be made; the logs of the service say why.';
      await records.finishRun(store, id, { state: 'failed', failure, at: clock.now() });
      telemetry.log.warn({ err: error, run: id, schedule: run.scheduleId }, 'A scheduled report was not sent');
      return 'failed';
    }
  }

  async #send(run: records.RunRecord, signal: AbortSignal): Promise<void> {
    const { store, clock, audit } = this.#platform;
    const schedule = await records.findSchedule(store, run.scheduleId, run.tenant);
    const saved = schedule && (await findReport(store, schedule.reportId, run.tenant));
    if (schedule === undefined || saved === undefined)
      throw new AppError('NOT_FOUND', 'The schedule or its report was deleted.');
    // What `lastMonth` is follows from when it was due, not from when a queue came to it.
    const report = await this.#reports.make(saved.definition, schedule.scope, run.dueAt);
    const fileId = run.fileId ?? (await this.#keep(schedule, saved, report, run, signal));
    await records.noteRun(store, run.id, { fileId, deliveries: run.deliveries, at: clock.now() });
    if (run.fileId === null) {
      const after = { report: saved.name, format: schedule.format, file: fileId, channels: schedule.channels };
      const actor = { id: `schedule:${schedule.id}`, name: `Schedule of ${schedule.createdByName}` };
      await audit.record({
        ...{ tenant: run.tenant, actor, action: 'showback.report_sent', target: `showback:${saved.id}` },
        after,
      });
    }
    await this.#deliver(run, schedule, saved.name, report, fileId);
  }

  async #keep(
    schedule: records.ScheduleRecord,
    saved: { name: string; definition: Report['definition'] },
    report: Report,
    run: records.RunRecord,
    signal: AbortSignal,
  ): Promise<number> {
    const { format, lang, scope, createdBy, createdByName } = schedule;
    const { name, definition } = saved;
    const file = await this.#ports.files.keep(
      {
        kind: 'showback',
        fileName: reportFileName(name, report, format),
        contentType: reportTypes[format],
        request: { name, definition, format, lang, at: run.dueAt.toISOString() },
        caller: { id: createdBy, name: createdByName, scope },
      },
      signal,
    );
    return Number(file.id.replace('export-', ''));
  }

  /** To every channel that does not have it yet. @throws AppError UPSTREAM_FAILED where one does not take it */
  async #deliver(
    run: records.RunRecord,
    schedule: records.ScheduleRecord,
    name: string,
    report: Report,
    fileId: number,
  ): Promise<void> {
    const { store, clock, notifier } = this.#platform;
    const id = `export-${fileId}`;
    const { lang, format } = schedule;
    const url = this.#urlOf(schedule.reportId, id);
    const notification = {
      ...reportNotification(report, { name, lang, scheduleId: schedule.id, dueAt: run.dueAt, ...(url ? { url } : {}) }),
      attachments: await this.#attachments(id, reportFileName(name, report, format), reportTypes[format]),
    };
    const deliveries = new Map(run.deliveries.map((delivery) => [delivery.channel, delivery]));
    for (const channel of schedule.channels) {
      if (deliveries.get(channel)?.ok) continue;
      const [delivery] = await notifier.send(notification, [channel]);
      if (delivery !== undefined) deliveries.set(channel, delivery);
      await records.noteRun(store, run.id, { fileId, deliveries: [...deliveries.values()], at: clock.now() });
    }
    const failed = [...deliveries.values()].filter(({ ok }) => !ok);
    if (failed.length > 0)
      throw new AppError(
        'UPSTREAM_FAILED',
        `Not delivered: ${failed.map(({ channel, detail }) => `${channel} (${detail})`).join(', ')}.`,
      );
  }

  async #attachments(id: string, fileName: string, contentType: string) {
    const bytes: Buffer[] = [];
    let length = 0;
    for await (const chunk of (await this.#ports.files.read(id)) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxAttachedBytes) return [];
      bytes.push(chunk);
    }
    return [{ fileName, contentType, content: Buffer.concat(bytes) }];
  }

  /** The page in Grafana where the file can be fetched; without a Grafana, the file itself. */
  #urlOf(reportId: number, fileId: string): string | undefined {
    const { http, identity } = this.#platform.config;
    const grafana = (identity.grafana.issuer ?? identity.grafana.url)?.replace(/\/$/, '');
    if (grafana !== undefined)
      return `${grafana}/a/mureon-amadeus-app/finops/showback?report=${reportId}&file=${fileId}`;
    return http.publicUrl && `${http.publicUrl.replace(/\/$/, '')}/api/exports/${fileId}/file`;
  }
}

function toRun(record: records.RunRecord): Run {
  return {
    id: record.id,
    scheduleId: record.scheduleId,
    dueAt: record.dueAt.toISOString(),
    ...(record.startedAt === null ? {} : { startedAt: record.startedAt.toISOString() }),
    ...(record.finishedAt === null ? {} : { finishedAt: record.finishedAt.toISOString() }),
    state: record.state,
    missed: record.missed,
    ...(record.fileId === null ? {} : { fileId: `export-${record.fileId}` }),
    deliveries: record.deliveries,
    ...(record.failure === null ? {} : { failure: record.failure }),
  };
}
