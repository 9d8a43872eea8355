import type { Notification } from '../platform/notify/index.ts';
import { doneTitle, type Language } from './reason-text.ts';
import type { ScalingOrder } from './scaling-change.ts';

/** Grafana's path of the page that draws the traffic of a workload. */
const trafficPath = '/a/mureon-amadeus-app/traffic/load';

/** What people are told once replicas were changed: what, why, the graph, and where it can be undone. */
export function doneNotice(
  order: ScalingOrder,
  about: {
    changeId: number;
    ready: number;
    language: Language;
    grafanaUrl: string | undefined;
    publicUrl: string | undefined;
  },
): Notification {
  const { changeId, ready, language, grafanaUrl, publicUrl } = about;
  const korean = language === 'ko';
  const graph =
    grafanaUrl && `${grafanaUrl.replace(/\/$/, '')}${trafficPath}?workload=${encodeURIComponent(order.workload)}`;
  const address = publicUrl && `${publicUrl.replace(/\/$/, '')}/api/changes/${changeId}`;
  const undo = graph && `${graph}&change=${changeId}`;
  const { hourCost, road, autoscaler } = order;
  const isMinimum = road !== 'scale' && autoscaler !== undefined;
  const held = isMinimum
    ? { autoscaler: { name: autoscaler, kind: road === 'hpa-minimum' ? ('HPA' as const) : ('KEDA' as const) } }
    : {};
  const replicas = korean ? '레플리카' : 'Replicas';
  const minimum = korean ? '최소 레플리카' : 'Least replicas';
  const link = graph ?? address;
  const label = korean ? '되돌리기' : 'Undo';
  return {
    title: doneTitle({ from: order.from, to: order.to, foreseen: order.foreseen, ready, ...held }, language),
    text: order.reason[language],
    severity: 'info',
    fields: {
      [korean ? '워크로드' : 'Workload']: `${order.cluster}/${order.workload}`,
      [isMinimum ? minimum : replicas]: `${order.from} → ${order.to}`,
      [korean ? '준비됨' : 'Ready']: `${ready}`,
      ...(hourCost ? { [korean ? '시간당 비용' : 'Per hour']: `${hourCost.amount} ${hourCost.currency}` } : {}),
      ...(undo ? {} : { [label]: address ?? `Change ${changeId}` }),
    },
    ...(link ? { url: link } : {}),
    ...(undo ? { links: [{ label, url: undo }] } : {}),
    dedupKey: `scaling:${order.tenant}:${order.cluster}:${order.workload}:${changeId}`,
    event: 'trigger',
  };
}
