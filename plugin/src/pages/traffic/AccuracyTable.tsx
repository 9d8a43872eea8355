import { t } from '../../i18n';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import type { Accuracy, ForecasterScore } from '../../service/contract';
import { forecasterName } from './forecaster-words';

/** Each forecaster's error over the last day, beside "it stays as it is", which a forecaster must beat to be of use. */
export function AccuracyTable({ accuracy }: { accuracy: Accuracy }) {
  const number = (value: number | null) =>
    value === null ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  const percent = (value: number | null) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);
  const columns: Array<Column<ForecasterScore>> = [
    {
      id: 'forecaster',
      header: t('scores.forecaster', 'Forecaster'),
      value: ({ forecaster }) => forecasterName(forecaster),
      render: ({ forecaster }) => (
        <>
          {forecasterName(forecaster)}{' '}
          {forecaster === accuracy.champion && <Badge color="green" text={t('scores.champion', 'in use')} />}
        </>
      ),
    },
    {
      id: 'horizon',
      header: t('scores.horizon', 'Minutes ahead'),
      value: ({ horizon }) => horizon,
      align: 'right',
    },
    {
      id: 'mape',
      header: t('scores.mape', 'Error'),
      value: ({ mape }) => mape ?? 0,
      render: ({ mape }) => percent(mape),
      align: 'right',
    },
    {
      id: 'coverage',
      header: t('scores.coverage', 'In the 80 % band'),
      value: ({ coverage }) => coverage ?? 0,
      render: ({ coverage }) => percent(coverage),
      align: 'right',
    },
    {
      id: 'mae',
      header: t('scores.mae', 'MAE, requests / min'),
      value: ({ mae }) => mae ?? 0,
      render: ({ mae }) => number(mae),
      align: 'right',
      hidden: true,
    },
    {
      id: 'rmse',
      header: t('scores.rmse', 'RMSE, requests / min'),
      value: ({ rmse }) => rmse ?? 0,
      render: ({ rmse }) => number(rmse),
      align: 'right',
      hidden: true,
    },
    {
      id: 'n',
      header: t('scores.n', 'Scored'),
      value: ({ n }) => n,
      render: ({ n }) => n.toLocaleString('en-US'),
      align: 'right',
      hidden: true,
    },
  ];
  return (
    <DataTable
      name={t('scores.table', 'Forecast accuracy')}
      columns={columns}
      rows={accuracy.forecasters}
      rowKey={({ forecaster, horizon }) => `${forecaster}/${horizon}`}
      empty={t('scores.none', 'No forecast has been scored yet: the first is, ten minutes after it was issued.')}
      initialSort={{ id: 'mape', descending: false }}
    />
  );
}
