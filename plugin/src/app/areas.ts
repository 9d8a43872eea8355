import type { TimeOption } from '@grafana/data';
import type { SceneObject } from '@grafana/scenes';
import { pageUrls } from '../constants';
import { t } from '../i18n';
import { BudgetsBody } from '../pages/budgets/BudgetsBody';
import { EventsBody } from '../pages/events/EventsBody';
import { FinOpsBody } from '../pages/finops/FinOpsBody';
import { HealingBody } from '../pages/healing/HealingBody';
import { OverviewBody } from '../pages/overview/OverviewBody';
import { PricesBody } from '../pages/prices/PricesBody';
import { ExperimentsBody } from '../pages/routing/ExperimentsBody';
import { KeysBody } from '../pages/routing/KeysBody';
import { LiveBody } from '../pages/routing/LiveBody';
import { PoliciesBody } from '../pages/routing/PoliciesBody';
import { RoutingBody } from '../pages/routing/RoutingBody';
import { ShowbackBody } from '../pages/showback/ShowbackBody';
import { SourcesBody } from '../pages/sources/SourcesBody';
import { SummaryBody } from '../pages/summary/SummaryBody';
import { TagRulesBody } from '../pages/tag-rules/TagRulesBody';
import { TrafficBody } from '../pages/traffic/TrafficBody';
import { UnitsBody } from '../pages/units/UnitsBody';
import { ScopeControl } from '../scope/ScopeControl';

/** An entry of the navigation: one page, or several as tabs. The first tab is what the area's own address shows. */
export interface Area {
  path: string;
  url: string;
  title: string;
  tabs: readonly Tab[];
}

export interface Tab {
  path: string;
  title: string;
  /** What the page answers; it stands below the title. */
  question: string;
  /** Absent where the page shows no time range. */
  time?: { from: string; to: string; refresh: string; ranges?: TimeOption[] };
  scope?: () => ScopeControl;
  /** What is chosen on the page can be kept under a name. */
  views?: boolean;
  body: () => SceneObject;
}

/** Everything that people can go to. */
export function appAreas(): Area[] {
  return [
    {
      path: 'overview',
      url: pageUrls.overview,
      title: t('page.overview', 'Overview'),
      tabs: [
        {
          path: '',
          title: t('page.overview', 'Overview'),
          question: t('page.overview-question', 'Is anything wrong, and what will it cost?'),
          time: { from: 'now-30d', to: 'now', refresh: '5m' },
          body: () => new OverviewBody(),
          scope: () => new ScopeControl({ hideCompare: true }),
        },
      ],
    },
    { path: 'finops', url: pageUrls.finops, title: t('page.finops', 'FinOps'), tabs: finopsTabs() },
    {
      path: 'traffic',
      url: pageUrls.traffic,
      title: t('page.traffic', 'Traffic'),
      tabs: trafficTabs(),
    },
    { path: 'routing', url: pageUrls.routing, title: t('page.routing', 'Routing'), tabs: routingTabs() },
    { path: 'data', url: pageUrls.data, title: t('page.data', 'Sources and settings'), tabs: dataTabs() },
  ];
}

/** The LLM gateway: where requests go, by which policy, with which key. */
function routingTabs(): Tab[] {
  return [
    {
      path: 'overview',
      title: t('page.routing-overview', 'Requests'),
      question: t('page.routing-question', 'Are requests going where they should?'),
      time: { from: 'now-6h', to: 'now', refresh: '1m' },
      body: () => new RoutingBody(),
      scope: () => new ScopeControl({ hideCompare: true }),
    },
    {
      path: 'policies',
      title: t('page.policies', 'Policies'),
      question: t('page.policies-question', 'What decides, and what would a change do?'),
      body: () => new PoliciesBody(),
    },
    {
      path: 'experiments',
      title: t('page.experiments', 'Experiments'),
      question: t('page.experiments-question', 'Which is better, and how sure is that?'),
      body: () => new ExperimentsBody(),
    },
    {
      path: 'keys',
      title: t('page.keys', 'Keys and limits'),
      question: t('page.keys-question', 'Who calls, with which key, and how much may it?'),
      time: { from: 'now-7d', to: 'now', refresh: '' },
      body: () => new KeysBody({}),
    },
    {
      path: 'live',
      title: t('page.live', 'Live requests'),
      question: t('page.live-question', 'Why did this request go there?'),
      time: { from: 'now-1h', to: 'now', refresh: '10s' },
      body: () => new LiveBody(),
      scope: () => new ScopeControl({ hideCompare: true }),
    },
  ];
}

/** Where the numbers come from: sources, prices, and the rules of tags. */
function dataTabs(): Tab[] {
  return [
    {
      path: 'sources',
      title: t('page.sources', 'Sources'),
      question: t('page.sources-question', 'Is what I see complete?'),
      body: () => new SourcesBody(),
    },
    {
      path: 'prices',
      title: t('page.prices', 'Prices'),
      question: t('page.prices-question', 'What does usage cost, and is the bill right?'),
      body: () => new PricesBody(),
    },
    {
      path: 'tag-rules',
      title: t('page.tag-rules', 'Tag rules'),
      question: t('page.tag-rules-question', 'Which spend has no owner, and what is done about it?'),
      body: () => new TagRulesBody(),
    },
  ];
}

function finopsTabs(): Tab[] {
  return [
    {
      path: 'summary',
      title: t('page.summary', 'Summary'),
      question: t('page.summary-question', 'What should I look at first?'),
      body: () => new SummaryBody(),
    },
    {
      path: 'explore',
      title: t('page.explore', 'Explore costs'),
      question: t('page.finops-question', 'Where does the money go?'),
      time: { from: 'now-30d', to: 'now', refresh: '' },
      body: () => new FinOpsBody(),
      scope: () => new ScopeControl(),
      views: true,
    },
    {
      path: 'units',
      title: t('page.units', 'Unit economics'),
      question: t('page.units-question', 'What does one cost us, and do we earn on it?'),
      time: { from: 'now-30d', to: 'now', refresh: '' },
      body: () => new UnitsBody(),
      scope: () => new ScopeControl({ hideCompare: true }),
      views: true,
    },
    {
      path: 'showback',
      title: t('page.showback', 'Showback'),
      question: t('page.showback-question', 'Who owes what?'),
      body: () => new ShowbackBody(),
    },
    {
      path: 'budgets',
      title: t('page.budgets', 'Budgets'),
      question: t('page.budgets-question', 'Who will overspend, and when?'),
      body: () => new BudgetsBody(),
    },
  ];
}

function trafficTabs(): Tab[] {
  return [
    {
      path: 'load',
      title: t('page.load', 'Load and replicas'),
      question: t('page.traffic-question', 'What is coming, and are we ready?'),
      time: { from: 'now-3h', to: 'now+15m', refresh: '1m', ranges: trafficRanges() },
      body: () => new TrafficBody(),
      scope: () => new ScopeControl({ trafficOnly: true }),
    },
    {
      path: 'healing',
      title: t('page.healing', 'Healing'),
      question: t('page.healing-question', 'What fell over, and what was done about it?'),
      time: { from: 'now-24h', to: 'now', refresh: '1m' },
      body: () => new HealingBody(),
      scope: () => new ScopeControl({ trafficOnly: true }),
    },
    {
      path: 'events',
      title: t('page.events', 'Events'),
      question: t('page.events-question', 'What is known ahead, and what did it do before?'),
      body: () => new EventsBody(),
    },
  ];
}

/** Traffic looks ahead: each range ends a quarter of an hour from now, so that the forecast is seen. */
function trafficRanges(): TimeOption[] {
  const range = (from: string, display: string): TimeOption => ({ from, to: 'now+15m', display });
  return [
    range('now-1h', t('range.hour', 'Last hour and what comes')),
    range('now-3h', t('range.hours', 'Last 3 hours and what comes')),
    range('now-12h', t('range.half-day', 'Last 12 hours and what comes')),
    range('now-24h', t('range.day', 'Last 24 hours and what comes')),
    range('now-7d', t('range.week', 'Last 7 days and what comes')),
  ];
}
