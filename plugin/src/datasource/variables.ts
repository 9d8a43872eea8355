import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import { VariableQueryEditor } from './components/VariableQueryEditor';
import type { AmadeusDatasource } from './datasource';
import type { AmadeusQuery, AmadeusVariableQuery } from './types';

/** Dashboard variables: workloads, dimensions of the bill, or the values of one. */
export class AmadeusVariableSupport extends CustomVariableSupport<AmadeusDatasource, AmadeusVariableQuery> {
  constructor(private readonly datasource: AmadeusDatasource) {
    super();
  }

  override editor = VariableQueryEditor;

  override query(request: DataQueryRequest<AmadeusVariableQuery>): Observable<DataQueryResponse> {
    const target = request.targets[0];
    const type = target?.type ?? 'workloads';
    const dim = target?.dim === undefined ? '' : this.datasource.replace(target.dim);
    if (type === 'values' && dim === '') return from([{ data: [] }]);
    return from(this.datasource.list(type, { dim })).pipe(map((data) => ({ data })));
  }

  // The base class asks for the data source's own query type here; a variable's query is another.
  override getDefaultQuery(): Partial<AmadeusVariableQuery & AmadeusQuery> {
    return { type: 'workloads' };
  }
}
