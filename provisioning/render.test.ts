import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Type, { type TSchema } from 'typebox';
import Value from 'typebox/value';
import { parse } from 'yaml';
import {
  AnnotationQuerySchema,
  BudgetQuerySchema,
  CostPanelQuerySchema,
  DriversQuerySchema,
  GpuQuerySchema,
  QualityQuerySchema,
  ReconciliationQuerySchema,
  ExperimentsQuerySchema,
  RoutingQuerySchema,
  ServiceQuerySchema,
  ShowbackQuerySchema,
  SourcesQuerySchema,
  TrafficQuerySchema,
  UnitQuerySchema,
  UsageQuerySchema,
} from '../backend/src/grafana/contract.ts';
import { renderProvisioning, writeProvisioning } from './render.ts';

const everything = {
  AMADEUS_SERVICE_URL: 'http://amadeus:4280',
  AMADEUS_SERVICE_TOKEN: 'service-token-0123456789',
  AMADEUS_DATASOURCE_TOKEN: 'datasource-token-0123456789',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/x',
  PAGERDUTY_INTEGRATION_KEY: '01234567890123456789012345678901',
  ALERT_DAILY_SPEND: '5000',
};

interface Query {
  refId: string;
  datasourceUid: string;
  relativeTimeRange: { from: number; to: number };
  model: { refId: string; queryType?: string; type?: string; expression?: string };
}
interface Rule {
  uid: string;
  condition: string;
  data: Query[];
  labels: Record<string, string>;
}

/** What the service understands, by the type of the query. */
const queries: Record<string, TSchema> = {
  annotations: AnnotationQuerySchema,
  budget: BudgetQuerySchema,
  cost: CostPanelQuerySchema,
  drivers: DriversQuerySchema,
  gpu: GpuQuerySchema,
  quality: QualityQuerySchema,
  reconciliation: ReconciliationQuerySchema,
  routing: RoutingQuerySchema,
  experiments: ExperimentsQuerySchema,
  service: ServiceQuerySchema,
  showback: ShowbackQuerySchema,
  sources: SourcesQuerySchema,
  traffic: TrafficQuerySchema,
  unit: UnitQuerySchema,
  usage: UsageQuerySchema,
};

const strict = { additionalProperties: false };
const text = Type.String({ minLength: 1 });
const version = Type.Literal(1);
const duration = Type.String({ pattern: '^[0-9]+[smhd]$' });
const Route = Type.Object(
  {
    receiver: text,
    object_matchers: Type.Array(Type.Tuple([text, Type.Enum(['=', '!=', '=~', '!~']), text])),
    continue: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** What Grafana 12.3 reads from each file; keys that it does not know are mistakes here. */
const schemas: Record<string, TSchema> = {
  'datasources/amadeus.yaml': Type.Object(
    {
      apiVersion: version,
      datasources: Type.Array(
        Type.Object(
          {
            name: text,
            uid: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,40}$' }),
            type: Type.Literal('mureon-amadeus-datasource'),
            orgId: Type.Integer({ minimum: 1 }),
            access: Type.Literal('proxy'),
            editable: Type.Boolean(),
            jsonData: Type.Object({ url: Type.String({ pattern: '^https?://' }) }, strict),
            secureJsonData: Type.Optional(Type.Object({ token: text }, strict)),
          },
          strict,
        ),
        { minItems: 1 },
      ),
    },
    strict,
  ),
  'plugins/amadeus.yaml': Type.Object(
    {
      apiVersion: version,
      apps: Type.Array(
        Type.Object(
          {
            type: Type.Literal('mureon-amadeus-app'),
            org_id: Type.Integer({ minimum: 1 }),
            disabled: Type.Literal(false),
            jsonData: Type.Object({ serviceUrl: Type.String({ pattern: '^https?://' }) }, strict),
            secureJsonData: Type.Optional(Type.Object({ serviceToken: text }, strict)),
          },
          strict,
        ),
        { minItems: 1 },
      ),
    },
    strict,
  ),
  'dashboards/amadeus.yaml': Type.Object(
    {
      apiVersion: version,
      providers: Type.Array(
        Type.Object(
          {
            name: text,
            orgId: Type.Integer({ minimum: 1 }),
            folder: text,
            type: Type.Literal('file'),
            disableDeletion: Type.Boolean(),
            allowUiUpdates: Type.Boolean(),
            updateIntervalSeconds: Type.Integer({ minimum: 10 }),
            options: Type.Object({ path: Type.String({ pattern: '^/' }) }, strict),
          },
          strict,
        ),
        { minItems: 1 },
      ),
    },
    strict,
  ),
  'alerting/contact-points.yaml': Type.Object(
    {
      apiVersion: version,
      contactPoints: Type.Array(
        Type.Object(
          {
            orgId: Type.Integer({ minimum: 1 }),
            name: text,
            receivers: Type.Array(
              Type.Object(
                {
                  uid: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,40}$' }),
                  type: Type.Enum(['slack', 'pagerduty']),
                  settings: Type.Union([
                    Type.Object({ url: Type.String({ pattern: '^https://' }) }, strict),
                    Type.Object({ integrationKey: text, severity: text, client: text }, strict),
                  ]),
                },
                strict,
              ),
              { minItems: 1 },
            ),
          },
          strict,
        ),
      ),
    },
    strict,
  ),
  'alerting/policies.yaml': Type.Object(
    {
      apiVersion: version,
      policies: Type.Array(
        Type.Object(
          {
            orgId: Type.Integer({ minimum: 1 }),
            receiver: text,
            group_by: Type.Array(text),
            group_wait: duration,
            group_interval: duration,
            repeat_interval: duration,
            routes: Type.Array(Route),
          },
          strict,
        ),
        { minItems: 1, maxItems: 1 },
      ),
    },
    strict,
  ),
  'alerting/rules.yaml': Type.Object(
    {
      apiVersion: version,
      groups: Type.Array(
        Type.Object(
          {
            orgId: Type.Integer({ minimum: 1 }),
            name: text,
            folder: text,
            interval: duration,
            rules: Type.Array(
              Type.Object(
                {
                  uid: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,40}$' }),
                  title: Type.String({ minLength: 1, maxLength: 190 }),
                  condition: text,
                  for: duration,
                  noDataState: Type.Enum(['OK', 'NoData', 'Alerting', 'KeepLast']),
                  execErrState: Type.Enum(['OK', 'Error', 'Alerting', 'KeepLast']),
                  labels: Type.Record(Type.String(), text),
                  annotations: Type.Object({ summary: text, description: text }, strict),
                  data: Type.Array(
                    Type.Object(
                      {
                        refId: text,
                        datasourceUid: Type.Enum(['amadeus', '__expr__']),
                        relativeTimeRange: Type.Object({ from: Type.Integer(), to: Type.Integer() }, strict),
                        model: Type.Object({ refId: text }),
                      },
                      strict,
                    ),
                    { minItems: 1 },
                  ),
                },
                strict,
              ),
              { minItems: 1 },
            ),
          },
          strict,
        ),
      ),
    },
    strict,
  ),
};

const rendered = (environment: Record<string, string>) =>
  new Map(Object.entries(renderProvisioning(environment)).map(([name, file]) => [name, parse(file)]));
const rules = (environment: Record<string, string>): Rule[] =>
  rendered(environment)
    .get('alerting/rules.yaml')
    .groups.flatMap((group: { rules: Rule[] }) => group.rules);

const environments: [string, Record<string, string>][] = [
  ['nothing', {}],
  ['everything', everything],
  ['Slack alone', { SLACK_WEBHOOK_URL: everything.SLACK_WEBHOOK_URL }],
  ['PagerDuty alone', { PAGERDUTY_INTEGRATION_KEY: everything.PAGERDUTY_INTEGRATION_KEY }],
  ['empty secrets', Object.fromEntries(Object.keys(everything).map((name) => [name, '']))],
];

describe.each(environments)('with %s set', (_what, environment) => {
  const files = rendered(environment);

  test('every file matches what Grafana reads', () => {
    for (const [name, tree] of files) {
      expect([
        name,
        [...Value.Errors(schemas[name]!, tree)].map((error) => [error.instancePath, error.message]),
      ]).toEqual([name, []]);
    }
  });

  test('nothing is left to be filled in, and nothing is empty', () => {
    for (const file of Object.values(renderProvisioning(environment))) {
      expect(file).not.toMatch(/\$\{[A-Z]/);
      expect(file).not.toMatch(/(token|url|integrationKey|serviceToken): ("")?$/m);
    }
  });

  test('every route leads to a contact point that exists', () => {
    const points = new Set(
      files.get('alerting/contact-points.yaml')?.contactPoints.map((point: { name: string }) => point.name),
    );
    for (const policy of files.get('alerting/policies.yaml')?.policies ?? []) {
      for (const { receiver } of [policy, ...policy.routes]) expect(points).toContain(receiver);
    }
  });
});

describe('what lacks its secret', () => {
  test('is left out: contact point, route, the whole policy file, the rule with a limit', () => {
    expect([...rendered({}).keys()]).toEqual([
      'alerting/rules.yaml',
      'dashboards/amadeus.yaml',
      'datasources/amadeus.yaml',
      'plugins/amadeus.yaml',
    ]);
    expect(rendered({}).get('datasources/amadeus.yaml').datasources[0]).not.toHaveProperty('secureJsonData');
    expect(rules({}).map((rule) => rule.uid)).not.toContain('amadeus-spend-limit');
    expect(rules(everything).map((rule) => rule.uid)).toContain('amadeus-spend-limit');
  });

  test('leaves the others: with PagerDuty alone it is the root of the tree', () => {
    const files = rendered({ PAGERDUTY_INTEGRATION_KEY: everything.PAGERDUTY_INTEGRATION_KEY });
    expect(files.get('alerting/contact-points.yaml').contactPoints).toHaveLength(1);
    expect(files.get('alerting/policies.yaml').policies[0]).toMatchObject({
      receiver: 'amadeus-pagerduty',
      routes: [{ receiver: 'amadeus-pagerduty' }],
    });
  });
});

describe('values', () => {
  test('with a dollar sign survive the second expansion by Grafana', () => {
    const files = rendered({ AMADEUS_SERVICE_TOKEN: 'a$b${HOME}' });
    expect(files.get('plugins/amadeus.yaml').apps[0].secureJsonData.serviceToken).toBe('a$$b$${HOME}');
  });

  test('that look like numbers or YAML stay text', () => {
    const files = rendered({
      ...everything,
      AMADEUS_SERVICE_TOKEN: 'x: [y',
      PAGERDUTY_INTEGRATION_KEY: '0'.repeat(32),
    });
    expect(files.get('plugins/amadeus.yaml').apps[0].secureJsonData.serviceToken).toBe('x: [y');
    expect(files.get('alerting/contact-points.yaml').contactPoints[1].receivers[0].settings.integrationKey).toBe(
      '0'.repeat(32),
    );
  });
});

describe.each(rules(everything).map((rule) => [rule.uid, rule] as const))('the rule %s', (_uid, rule) => {
  test('asks the data source what the service understands', () => {
    const asked = rule.data.filter((query) => query.datasourceUid === 'amadeus');
    expect(asked.length).toBeGreaterThan(0);
    for (const { model, relativeTimeRange } of asked) {
      expect([...Value.Errors(queries[model.queryType!]!, { ...model, from: 1, to: 2 })]).toEqual([]);
      expect(relativeTimeRange.from).toBeGreaterThan(relativeTimeRange.to);
    }
  });

  test('refers to its own queries, and its condition is one of them', () => {
    const known = new Set(rule.data.map((query) => query.refId));
    expect(known).toContain(rule.condition);
    for (const { refId, model } of rule.data) {
      expect(model.refId).toBe(refId);
      const used =
        model.type === 'math'
          ? model.expression!.match(/\$([A-Z])/g)!.map((name) => name.slice(1))
          : [model.expression];
      for (const name of used.filter((one) => one !== undefined)) expect(known).toContain(name);
    }
  });

  test('says how grave it is in a word that PagerDuty knows', () => {
    expect(['critical', 'error', 'warning', 'info']).toContain(rule.labels.severity);
  });
});

describe('dashboards', () => {
  const folder = join(import.meta.dirname, '..', 'dashboards');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

  test('are where the provider looks', () => {
    expect(rendered({}).get('dashboards/amadeus.yaml').providers[0].options.path).toBe(folder);
    expect(files.length).toBeGreaterThan(0);
  });

  interface Panel {
    type: string;
    title: string;
    description?: string;
    datasource?: { uid: string };
    targets?: { queryType: string; datasource: { uid: string }; by?: string; groupBy?: string[] }[];
  }
  const read = (name: string): { uid: string; panels: Panel[]; templating: { list: unknown[] } } =>
    JSON.parse(readFileSync(join(folder, name), 'utf8'));

  test.each(files)('%s asks the provisioned data source alone, and what the service understands', (name) => {
    for (const { title, datasource, targets = [] } of read(name).panels) {
      expect([title, datasource?.uid]).toEqual([title, 'amadeus']);
      expect(targets.length).toBeGreaterThan(0);
      for (const target of targets) {
        expect([title, target.datasource.uid]).toEqual([title, 'amadeus']);
        const schema = queries[target.queryType]!;
        expect([title, ...Value.Errors(schema, { ...target, from: 1, to: 2 })]).toEqual([title]);
      }
    }
  });

  test.each(files)('%s says of each panel what it shows', (name) => {
    const silent = read(name).panels.filter(({ description = '' }) => description.length < 10);
    expect(silent.map(({ title }) => title)).toEqual([]);
  });

  test.each(['showback.json', 'executive-cost.json', 'llm-gateway.json'])(
    '%s can be shared: no variables, no names of customers',
    (name) => {
      const board = read(name);
      expect(board.templating.list).toEqual([]);
      const asked = board.panels.flatMap(({ targets = [] }) =>
        targets.flatMap(({ by, groupBy = [] }) => [by, ...groupBy]),
      );
      expect(asked).not.toContain('x_Customer');
      expect(asked).not.toContain('customer');
      // Names of budgets and reports are free text: they may name anyone.
      expect(board.panels.flatMap(({ targets = [] }) => targets.map(({ queryType }) => queryType))).not.toContain(
        'budget',
      );
    },
  );
});

test('ids are those of the plugins', () => {
  const id = (path: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../plugin/src', path), 'utf8')).id;
  const files = rendered({});
  expect(files.get('plugins/amadeus.yaml').apps[0].type).toBe(id('plugin.json'));
  expect(files.get('datasources/amadeus.yaml').datasources[0].type).toBe(id('datasource/plugin.json'));
});

test('writing keeps secrets to the owner, removes what is left out now, and touches nobody else', () => {
  const directory = mkdtempSync(join(tmpdir(), 'amadeus-provisioning-'));
  try {
    writeProvisioning(directory, renderProvisioning(everything));
    writeFileSync(join(directory, 'alerting/mine.yaml'), 'apiVersion: 1\n');
    expect(statSync(join(directory, 'alerting/contact-points.yaml')).mode & 0o777).toBe(0o600);
    writeProvisioning(directory, renderProvisioning({}));
    expect(readdirSync(join(directory, 'alerting')).sort()).toEqual(['mine.yaml', 'rules.yaml']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
