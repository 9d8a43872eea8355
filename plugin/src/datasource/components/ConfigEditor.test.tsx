import type { DataSourceSettings } from '@grafana/data';
import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { AmadeusOptions, AmadeusSecureOptions } from '../types';
import { ConfigEditor } from './ConfigEditor';

type Settings = DataSourceSettings<AmadeusOptions, AmadeusSecureOptions>;

function show(settings: Partial<Settings>) {
  const saved: Settings[] = [];
  render(
    <ConfigEditor
      options={{ jsonData: {}, secureJsonFields: {}, ...settings } as Settings}
      onOptionsChange={(next) => saved.push(next)}
    />,
  );
  return saved;
}

describe('the settings of the data source', () => {
  test('say what to do when nothing is entered', () => {
    show({});
    expect(screen.getByText('This data source asks the Amadeus service')).toBeInTheDocument();
  });

  test('keep the token apart from what browsers may read', async () => {
    const saved = show({ jsonData: { url: 'http://a' } });
    await userEvent.type(screen.getByLabelText(/Token/), 's');
    expect(saved.at(-1)!.secureJsonData).toEqual({ token: 's' });
    expect(JSON.stringify(saved.at(-1)!.jsonData)).not.toContain('token');
  });

  test('name an address that is none', () => {
    show({ jsonData: { url: 'amadeus:8080' } });
    expect(screen.getByText('It starts with http:// or https://')).toBeInTheDocument();
  });

  test('forget a stored token on request', async () => {
    const saved = show({ jsonData: { url: 'http://a' }, secureJsonFields: { token: true } });
    await userEvent.click(screen.getByRole('button', { name: /reset/i }));
    expect(saved.at(-1)!.secureJsonFields).toEqual({ token: false });
  });

  test('drop a timeout that is no number of seconds', () => {
    const saved = show({ jsonData: { url: 'http://a', timeout: 10 } });
    fireEvent.change(screen.getByLabelText(/Timeout/), { target: { value: '' } });
    expect(saved.at(-1)!.jsonData.timeout).toBeUndefined();
  });
});
