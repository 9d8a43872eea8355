import { getDataSourceSrv } from '@grafana/runtime';
import { DATASOURCE_ID } from '../constants';

/** Uid of the Amadeus data source: the provisioned one before others; undefined where there is none. */
export function findDatasource(): string | undefined {
  const found = getDataSourceSrv()
    .getList({ type: DATASOURCE_ID })
    .filter(({ meta }) => meta.id === DATASOURCE_ID);
  return (found.find(({ uid }) => uid === 'amadeus') ?? found.find(({ isDefault }) => isDefault) ?? found[0])?.uid;
}
