import type { ShowbackReportSettings } from '../platform/config/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { checkedName } from './free-name.ts';
import { dropUnprovisioned, provisionReport } from './report-repository.ts';
import { scopeOf } from './report-scope.ts';
import type { Reports } from './reports.ts';
import { checkCron, nextAfter } from './schedule.ts';
import * as schedules from './schedule-repository.ts';

const tenant = 'default';
const author = { id: 'configuration', name: 'configuration' };
const scope: Scope = { tenant, regions: 'all', teams: 'all', products: 'all' };

/**
 * Puts the reports of the configuration file into the store: new ones, changed ones, and those that are gone are removed with
 * their schedules. A schedule that did not change keeps its next time.
 * @throws AppError VALIDATION_FAILED naming the report that is not understood
 */
export async function provisionReports(platform: Platform, reports: Reports): Promise<void> {
  const { store, clock, config, audit } = platform;
  const wanted = config.showback.reports;
  for (const report of wanted) check(platform, reports, report);
  await store.transaction(async (tx) => {
    const at = clock.now();
    for (const { name, definition, regions, schedules: times = [] } of wanted) {
      const record = await provisionReport(tx, {
        tenant,
        name: checkedName(name),
        definition,
        scope: scopeOf(scope, definition, regions)!,
        at,
      });
      await provisionSchedules(tx, record.id, times, at);
    }
    const gone = await dropUnprovisioned(
      tx,
      tenant,
      wanted.map(({ name }) => name.trim()),
    );
    for (const { name } of gone)
      await audit.record(
        {
          tenant,
          actor: author,
          action: 'showback.report_deleted',
          target: 'showback:configuration',
          before: { name },
        },
        tx,
      );
  });
}

type Times = NonNullable<ShowbackReportSettings['schedules']>;

async function provisionSchedules(tx: Platform['store'], reportId: number, times: Times, at: Date): Promise<void> {
  const present = (await schedules.listSchedules(tx, tenant, reportId)).filter(({ provisioned }) => provisioned);
  const kept: number[] = [];
  for (const { cron, timeZone = 'UTC', format, lang = 'en', channels } of times) {
    const wanted = { cron, timeZone, format, lang, channels, enabled: true };
    const same = present.find((one) => !kept.includes(one.id) && equal(one, wanted));
    if (same !== undefined) {
      kept.push(same.id);
      continue;
    }
    const named = { createdBy: author.id, createdByName: author.name, scope, at };
    const next = { nextRunAt: nextAfter(cron, timeZone, at) };
    const added = await schedules.insertSchedule(tx, {
      tenant,
      reportId,
      ...wanted,
      ...named,
      ...next,
      provisioned: true,
    });
    kept.push(added.id);
  }
  await schedules.deleteProvisioned(tx, reportId, kept);
}

function equal(
  one: schedules.ScheduleRecord,
  other: Omit<Times[number], 'timeZone' | 'lang'> & { timeZone: string; lang: string },
): boolean {
  const told = ({ cron, timeZone, format, lang, channels }: typeof other) =>
    JSON.stringify([cron, timeZone, format, lang, channels]);
  return told(one) === told(other);
}

function check({ clock, notifier }: Platform, reports: Reports, report: ShowbackReportSettings): void {
  try {
    checkedName(report.name);
    reports.check(report.definition);
    for (const { cron, timeZone = 'UTC', channels } of report.schedules ?? []) {
      checkCron(cron, timeZone, clock.now());
      const unknown = channels.filter((name) => !notifier.channels.includes(name));
      if (unknown.length > 0)
        throw new AppError('VALIDATION_FAILED', `There is no channel ${unknown.join(', ')} under notify.channels.`);
    }
  } catch (error) {
    if (!isAppError(error)) throw error;
    throw new AppError(error.code, `showback.reports, ${report.name}: ${error.message}`, { cause: error });
  }
}
