import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FakeService } from '../../test/service';
import { KeyForm } from './KeyForm';

let service = new FakeService();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => service,
}));

test('a key is made from what was said, and its secret is shown once', async () => {
  service = new FakeService().answer('/api/gateway/keys', { key: { name: 'shop' }, secret: 'amk_told-once' });
  render(<KeyForm onClose={() => undefined} />);
  await userEvent.click(screen.getByRole('button', { name: 'Make the key' }));
  expect(screen.getByText(/Give it a name/)).toBeInTheDocument();
  expect(service.calls).toEqual([]);
  await userEvent.type(screen.getByLabelText('What it is for'), 'shop');
  await userEvent.type(screen.getByLabelText(/^Team/), 'search');
  await userEvent.click(screen.getByRole('button', { name: 'Make the key' }));
  expect(await screen.findByDisplayValue('amk_told-once')).toBeInTheDocument();
  expect(service.calls[0]!.body).toEqual({ name: 'shop', models: ['*'], team: 'search' });
});
