import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../backend/src/platform/config/index.ts';
import { demoApplications, demoPolicies, demoProviders } from './demo-gateway-plan.ts';
import { wantsDemoGateway } from './demo-gateway.ts';
import { parseStart } from './start-options.ts';

describe("the demo's gateway", () => {
  test('runs beside the estate, and beside nothing of one’s own', () => {
    const wants = (args: string[], environment: NodeJS.ProcessEnv = {}): boolean =>
      wantsDemoGateway(parseStart(args), environment);
    expect(wants([])).toBe(true);
    for (const args of [['--no-demo-gateway'], ['--no-estate'], ['--config', 'own.yaml'], ['--once']])
      expect(wants(args)).toBe(false);
    for (const environment of [
      { AMADEUS_DEMO_GATEWAY: 'off' },
      { AMADEUS_GATEWAY_PROVIDERS: '[]' },
      { AMADEUS_GATEWAY_POLICIES_FILE: 'policies.json' },
      { AMADEUS_CONFIG: 'own.yaml' },
      { AMADEUS_ESTATE_ENABLED: 'false' },
    ])
      expect(wants([], environment)).toBe(false);
  });

  test('has policies that the service takes, and applications that each of them serves', () => {
    const providers = demoProviders.map(({ name, kind, region }) => ({
      name,
      kind,
      region,
      url: 'http://127.0.0.1:1',
    }));
    const { gateway } = loadConfig({
      environment: {
        AMADEUS_GATEWAY_PROVIDERS: JSON.stringify(providers),
        AMADEUS_GATEWAY_POLICIES: JSON.stringify(demoPolicies),
      },
    });
    const served = gateway.policies.flatMap(({ match }) => match.models);
    expect(new Set(demoApplications.map(({ caller }) => caller.model))).toEqual(new Set(served));
    expect(new Set(demoApplications.map(({ key }) => key.name)).size).toBe(demoApplications.length);
  });
});
