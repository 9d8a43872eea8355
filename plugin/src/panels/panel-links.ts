import { config } from '@grafana/runtime';
import type { TimeRange } from '@grafana/data';
import type { AmadeusQuery } from '../datasource/types';
import { DATASOURCE_ID } from '../constants';

/** What a chart asks, and of whom. */
export interface ChartQuery {
  title: string;
  datasourceUid: string;
  query: AmadeusQuery;
}

/** Explore with the chart's query and range. */
export function exploreUrl({ datasourceUid, query }: ChartQuery, range: TimeRange): string {
  const pane = {
    datasource: datasourceUid,
    queries: [{ ...query, datasource: { type: DATASOURCE_ID, uid: datasourceUid } }],
    range: { from: rawTime(range.raw.from), to: rawTime(range.raw.to) },
  };
  const search = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify({ amadeus: pane }) });
  return `${config.appSubUrl}/explore?${search.toString()}`;
}

/** The form of a new alert rule: the chart's query, its last value, and a threshold to fill in. */
export function alertUrl({ title, datasourceUid, query }: ChartQuery, returnTo: string): string {
  // An alert rule looks at one line: what is predicted, so that it fires before the load is there.
  const asked: AmadeusQuery =
    query.queryType === 'traffic' ? { ...query, series: ['predicted'] } : { ...query, format: 'timeseries' };
  const relativeTimeRange = query.queryType === 'traffic' ? { from: 600, to: 0 } : { from: 172_800, to: 0 };
  const expression = (refId: string, model: object) => ({
    refId,
    datasourceUid: '__expr__',
    queryType: '',
    model: { refId, datasource: { type: '__expr__', uid: '__expr__' }, ...model },
  });
  const queries = [
    {
      refId: 'A',
      datasourceUid,
      queryType: query.queryType ?? '',
      relativeTimeRange,
      model: { ...asked, refId: 'A', datasource: { type: DATASOURCE_ID, uid: datasourceUid } },
    },
    expression('B', { type: 'reduce', expression: 'A', reducer: 'last', settings: { mode: 'dropNN' } }),
    expression('C', {
      type: 'threshold',
      expression: 'B',
      conditions: [{ evaluator: { type: 'gt', params: [0] }, type: 'query' }],
    }),
  ];
  const defaults = { type: 'grafana', name: title, condition: 'C', queries };
  const search = new URLSearchParams({ defaults: JSON.stringify(defaults), returnTo });
  return `${config.appSubUrl}/alerting/new?${search.toString()}`;
}

/** Whether this person's Grafana role has the action; Grafana lists the actions of the signed-in user. */
export function mayInGrafana(action: string): boolean {
  return config.bootData.user.permissions?.[action] === true;
}

function rawTime(time: TimeRange['raw']['from']): string {
  return typeof time === 'string' ? time : String(time.valueOf());
}
