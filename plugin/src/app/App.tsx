import type { AppRootProps } from '@grafana/data';
import { locationService } from '@grafana/runtime';
import { ErrorBoundaryAlert } from '@grafana/ui';
import { useSceneApp } from '@grafana/scenes';
import { useEffect } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router-dom';
import { FirstRun } from '../components/States';
import { PluginPage } from '@grafana/runtime';
import { MeProvider } from '../service/MeContext';
import type { AppSettings } from './app-settings';
import { buildApp } from './build-app';
import { recallScope, rememberScope } from './scope-memory';

/** What Grafana shows under /a/mureon-amadeus-app. */
export function App({ meta }: AppRootProps<AppSettings>) {
  const settings = meta.jsonData ?? {};
  if (!settings.serviceUrl) {
    return (
      <PluginPage>
        <FirstRun />
      </PluginPage>
    );
  }
  return (
    <ErrorBoundaryAlert style="page">
      <MeProvider>
        <Pages />
      </MeProvider>
    </ErrorBoundaryAlert>
  );
}

function Pages() {
  const app = useSceneApp(buildApp);
  const { pathname, search } = useLocation();
  useEffect(() => {
    const recalled = recallScope(search);
    if (recalled === undefined) rememberScope(search);
    else locationService.replace(`${locationService.getLocation().pathname}${recalled}`);
  }, [pathname, search]);
  return (
    <Routes>
      <Route path="" element={<Navigate to="overview" replace />} />
      <Route path="*" element={<app.Component model={app} />} />
    </Routes>
  );
}
