import { t } from '../i18n';
import { usePluginComponent } from '@grafana/runtime';
import { Alert, Modal } from '@grafana/ui';
import { DATASOURCE_ID } from '../constants';
import type { ChartPanel } from './ChartPanel';
import type { ChartQuery } from './panel-links';

interface FormProps {
  onClose: () => void;
  buildPanel: () => object;
}

/** Grafana's own form for adding a panel to a new or existing dashboard. */
export function AddToDashboard({ buildPanel, onClose }: FormProps) {
  const { component: Form, isLoading } = usePluginComponent<FormProps>('grafana/add-to-dashboard-form/v1');
  return (
    <Modal isOpen title={t('panel.dashboard', 'Add to dashboard')} onDismiss={onClose}>
      {Form ? (
        <Form onClose={onClose} buildPanel={buildPanel} />
      ) : (
        !isLoading && (
          <Alert severity="info" title={t('panel.no-form', 'This Grafana has no form for it')}>
            {t('panel.no-form-help', 'Open the chart in Explore and choose Add there.')}
          </Alert>
        )
      )}
    </Modal>
  );
}

/** The chart as a dashboard keeps it. */
export function panelModel(chart: ChartPanel): object {
  const { panel, query, datasourceUid } = chart.state;
  const datasource = { type: DATASOURCE_ID, uid: datasourceUid };
  return {
    type: panel.state.pluginId,
    title: panel.state.title,
    ...(panel.state.description ? { description: panel.state.description } : {}),
    datasource,
    targets: [{ ...query, datasource }],
    options: panel.state.options,
    fieldConfig: panel.state.fieldConfig,
  };
}

/** What a chart of our own shows, as the table that a dashboard keeps of it. */
export function tableModel({ title, query, datasourceUid }: ChartQuery): object {
  const datasource = { type: DATASOURCE_ID, uid: datasourceUid };
  return { type: 'table', title, datasource, targets: [{ ...query, datasource }], options: {}, fieldConfig: {} };
}
