import { PluginType } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ComponentProps } from 'react';
import { MemoryRouter } from 'react-router-dom';
import { FakeService } from '../../test/service';
import { ConfigPage } from './ConfigPage';

let service = new FakeService();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => service,
}));

const settingsPath = '/api/plugins/mureon-amadeus-app/settings';

function show(serviceUrl?: string) {
  service = new FakeService()
    .answer(settingsPath, {})
    .answer('/api/healthz', { status: 'ok', version: '0.1.0' })
    .answer('/api/me', { id: 'user:1', name: 'Ana', roles: ['admin'], permissions: [] })
    .answer('/api/readyz', { status: 'ok', checks: { warehouse: 'ok', store: 'ok' } });
  const meta = {
    id: 'mureon-amadeus-app',
    type: PluginType.app,
    enabled: true,
    pinned: true,
    jsonData: { serviceUrl },
    secureJsonFields: {},
  };
  render(
    <MemoryRouter>
      <ConfigPage {...({ plugin: { meta } } as unknown as ComponentProps<typeof ConfigPage>)} />
    </MemoryRouter>,
  );
}

async function fillAndTest() {
  await userEvent.type(screen.getByLabelText(/Service URL/), 'http://amadeus:8080/');
  await userEvent.type(screen.getByLabelText(/Service token/), 'secret');
  await userEvent.click(screen.getByRole('button', { name: 'Save & test' }));
}

describe('the configuration page', () => {
  test('saves address and token apart, then tests each step', async () => {
    show();
    await fillAndTest();
    expect(await screen.findByText('Stores ready')).toBeInTheDocument();
    expect(screen.getByText('You are Ana (admin)')).toBeInTheDocument();
    expect(service.calls[0]!.body).toEqual({
      enabled: true,
      pinned: true,
      jsonData: { serviceUrl: 'http://amadeus:8080' },
      secureJsonData: { serviceToken: 'secret' },
    });
    expect(screen.getByText('Open the overview')).toBeInTheDocument();
  });

  test.each([
    ['/api/healthz', 502, {}, /Nothing answers at this URL/],
    ['/api/healthz', 504, {}, /Nothing answered in time/],
    ['/api/me', 401, { code: 'UNAUTHENTICATED' }, /does not accept this token/],
    ['/api/readyz', 503, { code: 'UNAVAILABLE', detail: 'ClickHouse is away.' }, /ClickHouse is away/],
  ])('names what is wrong: %s answers %i', async (path, status, problem, says) => {
    show();
    service.fail(path, status, problem);
    await fillAndTest();
    expect(await screen.findByText(says)).toBeInTheDocument();
    expect(screen.queryByText('Open the overview')).not.toBeInTheDocument();
  });

  test('says who can save when Grafana refuses', async () => {
    show();
    service.fail(settingsPath, 403, { message: 'forbidden' });
    await fillAndTest();
    expect(await screen.findByText(/Only an administrator of the organisation can/)).toBeInTheDocument();
  });
});
