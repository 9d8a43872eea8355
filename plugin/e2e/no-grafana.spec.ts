import { test } from '@playwright/test';

test.skip('There is no Grafana: set GRAFANA_URL, or GRAFANA_HOME and AMADEUS_URL', () => undefined);
