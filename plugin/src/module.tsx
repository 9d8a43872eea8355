import { AppPlugin, type AppRootProps, type PluginConfigPageProps } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';
import type { AppSettings } from './app/app-settings';
import { loadTexts } from './locales/load-texts';
import type { ConfigPageMeta } from './pages/config/ConfigPage';
import pluginJson from './plugin.json';

await initPluginTranslations(pluginJson.id, [loadTexts]);

const LazyApp = lazy(() => import('./app/App').then(({ App }) => ({ default: App })));
const LazyConfig = lazy(() => import('./pages/config/ConfigPage').then(({ ConfigPage }) => ({ default: ConfigPage })));

const Root = (props: AppRootProps<AppSettings>) => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <LazyApp {...props} />
  </Suspense>
);

const Config = (props: PluginConfigPageProps<ConfigPageMeta>) => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <LazyConfig {...props} />
  </Suspense>
);

export const plugin = new AppPlugin<AppSettings>().setRootPage(Root).addConfigPage({
  title: 'Configuration',
  icon: 'cog',
  body: Config,
  id: 'configuration',
});
