import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FakeService } from '../../test/service';
import { LimitsPart } from './LimitsPart';

let service = new FakeService();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => service,
}));

const limit = {
  ...{ id: 'gl_0123456789abcdef', name: 'batch', per: 'team', origin: 'api', requestsPerMinute: 60 },
  use: [{ value: 'search', requestsPerMinute: 57 }],
};

test('limits stand with their use, and a new one is sent as it was said', async () => {
  service = new FakeService().answer('/api/gateway/limits', { limits: [limit] });
  render(<LimitsPart mayWrite refresh={0} />);
  expect(await screen.findByText('search: 95 %')).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'New limit' }));
  await userEvent.click(screen.getByRole('button', { name: 'Save the limit' }));
  expect(screen.getByText('Say at least one of the four.')).toBeInTheDocument();
  await userEvent.type(screen.getByLabelText(/^Name/), 'all');
  await userEvent.type(screen.getByLabelText('Tokens a day'), '1000000');
  await userEvent.click(screen.getByRole('button', { name: 'Save the limit' }));
  const sent = service.calls.find(({ body }) => body !== undefined && Object.keys(body as object).length > 0);
  expect(sent?.body).toEqual({ name: 'all', per: 'team', tokensPerDay: 1_000_000 });
});

test('who may not write sees limits and changes none', async () => {
  service = new FakeService().answer('/api/gateway/limits', { limits: [limit] });
  render(<LimitsPart mayWrite={false} refresh={0} />);
  expect(await screen.findByText('batch')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /limit/i })).not.toBeInTheDocument();
});
