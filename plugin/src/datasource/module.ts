import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { AmadeusDatasource } from './datasource';
import { loadTexts } from './locales/load-texts';
import pluginJson from './plugin.json';
import type { AmadeusOptions, AmadeusQuery } from './types';

await initPluginTranslations(pluginJson.id, [loadTexts]);

export const plugin = new DataSourcePlugin<AmadeusDatasource, AmadeusQuery, AmadeusOptions>(AmadeusDatasource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
