import { expect, test } from '../fixtures.ts';

const showback = 'amadeus-showback';

test.describe('what others see of it', () => {
  test('a shared dashboard shows spend to someone who is not signed in', async ({ page, browser }) => {
    const existing = await page.request.get(`/api/dashboards/uid/${showback}/public-dashboards`);
    const shared = existing.ok()
      ? existing
      : await page.request.post(`/api/dashboards/uid/${showback}/public-dashboards`, {
          data: { isEnabled: true, timeSelectionEnabled: false, annotationsEnabled: false, share: 'public' },
        });
    expect(shared.ok()).toBe(true);
    const { accessToken } = (await shared.json()) as { accessToken: string };
    const stranger = await browser.newContext({
      storageState: { cookies: [], origins: [] },
      baseURL: test.info().project.use.baseURL ?? '',
    });
    const visit = await stranger.newPage();
    await visit.goto(`/public-dashboards/${accessToken}`);
    await expect(visit.getByText('By team and product')).toBeVisible();
    await expect(visit.getByRole('gridcell', { name: 'research' }).first()).toBeVisible();
    await stranger.close();
  });

  test('alert rules on predicted load and on cost evaluate without an error', async ({ page }) => {
    test.setTimeout(180_000);
    const health = async (): Promise<Record<string, string>> => {
      const answer = await page.request.get('/api/prometheus/grafana/api/v1/rules');
      const { data } = (await answer.json()) as { data: { groups: { rules: { name: string; health: string }[] }[] } };
      return Object.fromEntries(data.groups.flatMap(({ rules }) => rules.map((rule) => [rule.name, rule.health])));
    };
    await expect.poll(async () => Object.keys(await health()).length).toBeGreaterThanOrEqual(2);
    await expect
      .poll(async () => [...new Set(Object.values(await health()))], { timeout: 150_000, intervals: [5_000] })
      .toEqual(['ok']);
  });
});
