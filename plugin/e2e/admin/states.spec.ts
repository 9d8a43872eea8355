import { expect, test } from '../fixtures.ts';

test.describe('when something is wrong, the page says what to do', () => {
  test('the service is down', async ({ amadeus, page }) => {
    await amadeus.serviceAnswers(502, {});
    await amadeus.open('overview');
    await expect(page.getByText('The Amadeus service does not answer')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Open the configuration' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  });

  test('the token is refused', async ({ amadeus, page }) => {
    await amadeus.serviceAnswers(401, { code: 'UNAUTHENTICATED' });
    await amadeus.open('traffic');
    await expect(page.getByText('The Amadeus service refused the token of this Grafana')).toBeVisible();
  });

  test('the service failed, with a trace id to copy', async ({ amadeus, page }) => {
    await amadeus.serviceAnswers(500, { code: 'INTERNAL', detail: 'It broke.', traceId: 'abc123' });
    await amadeus.open('finops/explore');
    await expect(page.getByText('The spend could not be loaded')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Copy trace id abc123' })).toBeVisible();
  });

  test('a role is missing', async ({ amadeus, page }) => {
    await amadeus.serviceAnswers(403, { code: 'FORBIDDEN', detail: 'cost:read is missing.' });
    await amadeus.open('finops/explore');
    await expect(page.getByText('You may not see The spend')).toBeVisible();
  });

  test('there is no workload yet', async ({ amadeus, page }) => {
    await amadeus.pathAnswers('/api/workloads', []);
    await amadeus.open('traffic');
    await expect(page.getByText('No workload has been seen yet')).toBeVisible();
  });
});
