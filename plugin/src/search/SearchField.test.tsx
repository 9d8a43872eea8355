import type { Found } from '@amadeus/backend/search/contract.ts';
import { locationService } from '@grafana/runtime';
import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FakeService } from '../test/service';
import { SearchField } from './SearchField';

const mockService = new FakeService();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => mockService,
}));

const team = (name: string): Found => ({
  type: 'team',
  id: name,
  name,
  match: { field: 'name', how: 'prefix', text: name, marks: [[0, 3]] },
  spend: [{ amount: '1234.5', currency: 'USD' }],
  link: { page: 'finops/explore', params: { filter: [`x_Team:${name}`] } },
});
const answer = (results: Found[], more = false) => ({ q: '', results, more, notices: [] });

beforeEach(() => {
  mockService.calls.length = 0;
  locationService.push('/a/mureon-amadeus-app/overview');
});

async function search(text: string) {
  render(<SearchField />);
  const field = screen.getByRole('combobox', { name: 'Search everything' });
  await userEvent.type(field, text);
  return field;
}

describe('the search field', () => {
  test('shows what fits with its kind and cost, and goes there by keyboard', async () => {
    mockService.answer('/api/search', answer([team('search'), team('search-web')]));
    const field = await search('sea');
    const options = await screen.findAllByRole('option');
    expect(options[0]).toHaveTextContent('search$1,235 in 30 daysTeam');
    expect(field).toHaveAttribute('aria-expanded', 'true');
    expect(field).toHaveAttribute('aria-activedescendant', options[0]!.id);
    await userEvent.keyboard('{ArrowDown}');
    expect(options[1]).toHaveAttribute('aria-selected', 'true');
    await userEvent.keyboard('{Enter}');
    expect(locationService.getLocation()).toMatchObject({
      pathname: '/a/mureon-amadeus-app/finops/explore',
      search: '?filter=x_Team%3Asearch-web',
    });
    expect(field).toHaveValue('');
  });

  test('asks once for what was typed, not for every letter', async () => {
    mockService.answer('/api/search', answer([team('search')]));
    await search('search');
    await screen.findByRole('option');
    expect(mockService.calls.at(-1)?.search.get('q')).toBe('search');
    expect(mockService.calls.length).toBeLessThan(4);
  });

  test('a slash goes to it, also where Escape had closed it', async () => {
    mockService.answer('/api/search', answer([team('search')]));
    const field = await search('sea');
    await screen.findByRole('option');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('option')).not.toBeInTheDocument();
    act(() => field.blur());
    await userEvent.keyboard('/');
    expect(field).toHaveFocus();
    expect(field).toHaveValue('sea');
  });

  test('says so when nothing fits, and when it does not answer', async () => {
    mockService.answer('/api/search', answer([]));
    const field = await search('xyz');
    expect(await screen.findByText(/Nothing that you may see is called “xyz”/)).toBeInTheDocument();
    mockService.fail('/api/search', 503, { code: 'UNAVAILABLE', detail: 'The warehouse is away.' });
    await userEvent.type(field, 'z');
    expect(await screen.findByText(/The search does not answer. The warehouse is away./)).toBeInTheDocument();
  });

  test('says that there is more', async () => {
    mockService.answer('/api/search', answer([team('search')], true));
    await search('s');
    expect(await screen.findByText('There are more; type more of the name.')).toBeInTheDocument();
    await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('1 found'));
  });
});
