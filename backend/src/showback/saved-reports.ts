import { AppError } from '../platform/errors/index.ts';
import { isScopeWithin, seesKept, type Caller, type Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { isUniqueViolation, type Store } from '../platform/store/index.ts';
import type { SaveBody, SavedReport, Schedule, ScheduleBody } from './contract.ts';
import { checkedName } from './free-name.ts';
import * as records from './report-repository.ts';
import { scopeOf } from './report-scope.ts';
import type { Reports } from './reports.ts';
import { checkCron, nextAfter } from './schedule.ts';
import * as schedules from './schedule-repository.ts';

type Who = Pick<Caller, 'id' | 'name' | 'scope'>;

const maxReports = 1_000;
const maxSchedules = 20;

/** Reports that people keep, and when they are sent. Every write is audited in the transaction that makes it. */
export class SavedReports {
  readonly #platform: Platform;
  readonly #reports: Reports;

  constructor(platform: Platform, reports: Reports) {
    this.#platform = platform;
    this.#reports = reports;
  }

  /** By name, those that the caller may be told of. */
  async list(scope: Scope): Promise<SavedReport[]> {
    const reports = await records.listReports(this.#platform.store, scope.tenant, maxReports);
    return reports.filter((report) => seesKept(scope, report.scope)).map(toSaved);
  }

  /** @throws AppError NOT_FOUND */
  async get(id: number, scope: Scope): Promise<SavedReport> {
    return toSaved(await this.#record(id, scope));
  }

  /** @throws AppError VALIDATION_FAILED, FORBIDDEN, CONFLICT where the name is taken or there are too many */
  async create(body: SaveBody, caller: Who): Promise<SavedReport> {
    const { tenant } = caller.scope;
    const name = checkedName(body.name);
    this.#reports.check(body.definition);
    const scope = scopeFor(body, caller);
    if ((await records.countReports(this.#platform.store, tenant)) >= maxReports)
      throw new AppError('CONFLICT', `There are ${maxReports} saved reports; delete one first.`);
    return this.#write(caller, 'showback.report_created', async (tx) => {
      const at = this.#platform.clock.now();
      const named = { createdBy: caller.id, createdByName: caller.name };
      const record = await taken(
        records.insertReport(tx, { tenant, name, definition: body.definition, scope, ...named, at }),
        name,
      );
      return { result: toSaved(record), id: record.id, after: { name, definition: body.definition, scope } };
    });
  }

  /** @throws AppError NOT_FOUND, VALIDATION_FAILED, FORBIDDEN, CONFLICT (name taken, or the report is kept in a file) */
  async update(id: number, body: SaveBody, caller: Who): Promise<SavedReport> {
    const { tenant } = caller.scope;
    const name = checkedName(body.name);
    this.#reports.check(body.definition);
    const before = await this.#editable(id, caller.scope);
    const scope = scopeFor(body, caller);
    return this.#write(caller, 'showback.report_changed', async (tx) => {
      const change = { name, definition: body.definition, scope, at: this.#platform.clock.now() };
      const record = await taken(records.updateReport(tx, id, tenant, change), name);
      if (record === undefined) throw noReport();
      const { name: oldName, definition, scope: oldScope } = before;
      const after = { name, definition: body.definition, scope };
      return { result: toSaved(record), id, before: { name: oldName, definition, scope: oldScope }, after };
    });
  }

  /** With its schedules and their history. @throws AppError NOT_FOUND, FORBIDDEN, CONFLICT */
  async remove(id: number, caller: Who): Promise<void> {
    const { name, definition } = await this.#editable(id, caller.scope);
    const times = await schedules.listSchedules(this.#platform.store, caller.scope.tenant, id);
    if (times.some((schedule) => !isScopeWithin(schedule.scope, caller.scope)))
      throw new AppError('FORBIDDEN', 'The report is sent with more of the data than you see.', {
        help: 'Ask somebody who sees as much to delete it.',
      });
    await this.#write(caller, 'showback.report_deleted', async (tx) => {
      if (!(await records.deleteReport(tx, id, caller.scope.tenant))) throw noReport();
      return { result: undefined, id, before: { name, definition } };
    });
  }

  /** Those that send no more of the data than the caller sees. @throws AppError NOT_FOUND */
  async schedules(reportId: number, scope: Scope): Promise<Schedule[]> {
    await this.#record(reportId, scope);
    const found = await schedules.listSchedules(this.#platform.store, scope.tenant, reportId);
    return found.filter((schedule) => isScopeWithin(schedule.scope, scope)).map(toSchedule);
  }

  /** The report is sent with what its author sees now. @throws AppError NOT_FOUND, VALIDATION_FAILED, CONFLICT */
  async addSchedule(reportId: number, body: ScheduleBody, caller: Who): Promise<Schedule> {
    const { tenant } = caller.scope;
    await this.#record(reportId, caller.scope);
    const schedule = this.#understood(body, caller);
    if ((await schedules.listSchedules(this.#platform.store, tenant, reportId)).length >= maxSchedules)
      throw new AppError('CONFLICT', `A report has at most ${maxSchedules} schedules; delete one first.`);
    return this.#write(caller, 'showback.schedule_created', async (tx) => {
      const record = await schedules.insertSchedule(tx, { ...schedule, reportId });
      return { result: toSchedule(record), id: reportId, after: { schedule: record.id, ...body } };
    });
  }

  /** @throws AppError NOT_FOUND, VALIDATION_FAILED, CONFLICT */
  async changeSchedule(id: number, body: ScheduleBody, caller: Who): Promise<Schedule> {
    const before = await this.#editableSchedule(id, caller.scope);
    const schedule = this.#understood(body, caller);
    return this.#write(caller, 'showback.schedule_changed', async (tx) => {
      const record = await schedules.updateSchedule(tx, id, schedule);
      if (record === undefined) throw noSchedule();
      return {
        result: toSchedule(record),
        id: record.reportId,
        before: bodyOf(before),
        after: { schedule: id, ...body },
      };
    });
  }

  async removeSchedule(id: number, caller: Who): Promise<void> {
    const before = await this.#editableSchedule(id, caller.scope);
    await this.#write(caller, 'showback.schedule_deleted', async (tx) => {
      if (!(await schedules.deleteSchedule(tx, id, caller.scope.tenant))) throw noSchedule();
      return { result: undefined, id: before.reportId, before: { schedule: id, ...bodyOf(before) } };
    });
  }

  /** @throws AppError NOT_FOUND */
  async schedule(id: number, scope: Scope): Promise<schedules.ScheduleRecord> {
    const record = await schedules.findSchedule(this.#platform.store, id, scope.tenant);
    const report = record && (await records.findReport(this.#platform.store, record.reportId, scope.tenant));
    if (!record || !report || !isScopeWithin(record.scope, scope) || !seesKept(scope, report.scope)) throw noSchedule();
    return record;
  }

  #understood(body: ScheduleBody, caller: Who): Omit<schedules.NewSchedule, 'reportId'> {
    const { clock, notifier } = this.#platform;
    const { cron, timeZone = 'UTC', format, lang = 'en', channels, enabled = true } = body;
    const at = clock.now();
    checkCron(cron, timeZone, at);
    const unknown = channels.filter((name) => !notifier.channels.includes(name));
    if (unknown.length > 0)
      throw new AppError(
        'VALIDATION_FAILED',
        `There is no channel ${unknown.join(', ')}; configured are ${notifier.channels.join(', ') || 'none'}.`,
      );
    return {
      ...{ tenant: caller.scope.tenant, cron, timeZone, format, lang, channels: [...new Set(channels)], enabled },
      ...{ scope: caller.scope, createdBy: caller.id, createdByName: caller.name, at },
      nextRunAt: enabled ? nextAfter(cron, timeZone, at) : null,
    };
  }

  async #record(id: number, scope: Scope): Promise<records.ReportRecord> {
    const record = await records.findReport(this.#platform.store, id, scope.tenant);
    if (!record || !seesKept(scope, record.scope)) throw noReport();
    return record;
  }

  async #editable(id: number, scope: Scope): Promise<records.ReportRecord> {
    const record = await this.#record(id, scope);
    if (record.provisioned) throw inFile();
    return record;
  }

  async #editableSchedule(id: number, scope: Scope): Promise<schedules.ScheduleRecord> {
    const record = await this.schedule(id, scope);
    if (record.provisioned) throw inFile();
    return record;
  }

  #write<T>(
    caller: Who,
    action: string,
    work: (tx: Store) => Promise<{ result: T; id: number; before?: unknown; after?: unknown }>,
  ): Promise<T> {
    return this.#platform.store.transaction(async (tx) => {
      const { result, id, ...told } = await work(tx);
      const actor = { id: caller.id, name: caller.name };
      const event = { tenant: caller.scope.tenant, actor, action, target: `showback:${id}`, ...told };
      await this.#platform.audit.record(event, tx);
      return result;
    });
  }
}

/** @throws AppError FORBIDDEN */
function scopeFor({ definition, regions }: SaveBody, { scope }: Who): records.ReportRecord['scope'] {
  const kept = scopeOf(scope, definition, regions);
  if (kept) return kept;
  throw new AppError('FORBIDDEN', 'The report names a region, team or product that you may not see.', {
    help: 'Name only yours; GET /api/me shows them.',
  });
}

async function taken<T>(work: Promise<T>, name: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('CONFLICT', `There is a report with the name ${name}.`);
    throw error;
  }
}

const noReport = (): AppError => new AppError('NOT_FOUND', 'There is no such report.');
const noSchedule = (): AppError => new AppError('NOT_FOUND', 'There is no such schedule.');
const inFile = (): AppError =>
  new AppError('CONFLICT', 'It is kept in the configuration file.', { help: 'Change it there, or save a copy.' });

export function toSaved(record: records.ReportRecord): SavedReport {
  return {
    id: record.id,
    name: record.name,
    definition: record.definition,
    regions: record.scope.regions === 'all' ? 'all' : [...record.scope.regions],
    provisioned: record.provisioned,
    createdBy: record.createdByName,
    updatedAt: record.updatedAt.toISOString(),
  };
}

function toSchedule(record: schedules.ScheduleRecord): Schedule {
  return {
    id: record.id,
    reportId: record.reportId,
    ...bodyOf(record),
    ...(record.nextRunAt === null ? {} : { nextRunAt: record.nextRunAt.toISOString() }),
    ...(record.lastRunAt === null ? {} : { lastRunAt: record.lastRunAt.toISOString() }),
  };
}

function bodyOf({ cron, timeZone, format, lang, channels, enabled }: schedules.ScheduleRecord) {
  return { cron, timeZone, format, lang, channels, enabled };
}
