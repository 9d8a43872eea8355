import type { Platform, Room } from '../platform/platform.ts';
import type { Definition, Lang, ReportFormat } from './contract.ts';
import type { ShowbackPorts } from './ports.ts';
import { provisionReports } from './provisioned-reports.ts';
import { reportFile } from './report-files.ts';
import { ReportRuns } from './report-runs.ts';
import { Reports } from './reports.ts';
import { showbackRoutes } from './routes.ts';
import { SavedReports } from './saved-reports.ts';

export type { ShowbackPorts } from './ports.ts';

/** The room that tells each team what it spent, on demand and on schedule. */
export function createShowbackRoom(platform: Platform, ports: ShowbackPorts): Room {
  const reports = new Reports(platform, ports);
  const saved = new SavedReports(platform, reports);
  const runs = new ReportRuns(platform, ports, reports);
  ports.files.define('showback', async (request, scope) => {
    const { name, definition, format, lang, at } = request as {
      name: string;
      definition: Definition;
      format: ReportFormat;
      lang: Lang;
      at: string;
    };
    return reportFile(await reports.make(definition, scope, new Date(at)), name, format, lang);
  });
  return {
    name: 'showback',
    routes: (app) => showbackRoutes(app, { platform, ports, reports, saved, runs }),
    loops: [{ name: 'showback-schedules', everyMs: 60_000, run: () => runs.turn() }],
    start: () => provisionReports(platform, reports),
  };
}
