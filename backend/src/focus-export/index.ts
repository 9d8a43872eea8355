import type { Platform, Room } from '../platform/platform.ts';
import type { Selection } from '../cost/index.ts';
import type { FocusVersion } from './contract.ts';
import { ExportFiles } from './export-files.ts';
import { focusBytes, planFocus, type FocusFormat } from './focus-exports.ts';
import { countLines, lineBytes, lineRows, type LineFormat } from './line-exports.ts';
import { exportRoutes } from './routes.ts';

export { checkFile, readModel, type Conformance, type RuleResult } from './conformance/index.ts';
export type { ExportFile } from './contract.ts';
export { attachment, plainFileName } from './export-file.ts';
export type { ExportFiles, Made } from './export-files.ts';
export { workbookBytes, type CellKind, type CellValue, type Sheet, type SheetColumn } from './workbook/workbook.ts';

/** The room that hands out the lines of the bills, and keeps files that are too large to answer at once. */
export function createFocusExportRoom(platform: Platform): Room & { files: ExportFiles } {
  const files = new ExportFiles(platform);
  const { warehouse } = platform;
  files.define('focus', async (request, scope, signal) => {
    const asked = request as { version: FocusVersion; format: FocusFormat; selection: Selection };
    const plan = await planFocus(warehouse, asked, scope, signal);
    return { chunks: await focusBytes(warehouse, plan, scope, signal), rows: () => plan.rows };
  });
  files.define('lines', async (request, scope, signal) => {
    const { format, selection } = request as { format: LineFormat; selection: Selection };
    const { rows, drops } = await countLines(warehouse, selection, scope, signal);
    return {
      chunks: lineBytes(format, lineRows(warehouse, selection, drops, scope, signal)),
      rows: () => rows,
    };
  });
  return {
    name: 'focus-export',
    routes: (app) => exportRoutes(app, platform, files),
    loops: [{ name: 'export-housekeeping', everyMs: 10 * 60_000, run: () => files.keepHouse() }],
    files,
  };
}
