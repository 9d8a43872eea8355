import type { Connector } from '../../anycost/index.ts';
import { openDump } from './dump-files.ts';
import { ScontrolNodes } from './scontrol-nodes.ts';
import { discoverDumps, dumpsOf, probeDumps } from './slurm-sacct-connector.ts';
import { NodeListSettingsSchema, readSettings, type NodeListSettings } from './slurm-settings.ts';

const settingsOf = (settings: Readonly<Record<string, unknown>>): NodeListSettings =>
  readSettings<NodeListSettings>(NodeListSettingsSchema, settings);

/** Lists of hosts as `scontrol show node` prints them: what a cluster offers, where slurmrestd does not run. */
export const slurmNodesConnector: Connector = {
  kind: 'slurm-nodes',
  title: 'Slurm hosts (scontrol show node)',
  endpoint: 'slurm',
  settings: NodeListSettingsSchema,
  format: { csv: { delimiter: '\u0001', header: ['line'] } },
  map: ({ source, fileName }) => new ScontrolNodes(settingsOf(source.settings), source.name, fileName),
  discover: async (context, cursor) => discoverDumps(await dumpsOf(context, settingsOf), cursor),
  pull: async (context, file) => openDump((await dumpsOf(context, settingsOf)) ?? '', file.name, context.folder),
  health: async (context) => probeDumps(() => dumpsOf(context, settingsOf)),
};
