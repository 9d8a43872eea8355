import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { DataTable, type Column } from './DataTable';

interface Row {
  team: string;
  cost: number;
}

const columns: Array<Column<Row>> = [
  { id: 'team', header: 'Team', value: ({ team }) => team },
  { id: 'cost', header: 'Cost', value: ({ cost }) => cost, align: 'right' },
];

function show(rows: Row[], onOpen?: (row: Row) => void) {
  render(
    <DataTable
      name="Spend"
      columns={columns}
      rows={rows}
      rowKey={({ team }) => team}
      empty="No spend yet."
      {...(onOpen ? { onOpen, openLabel: ({ team }: Row) => `Open ${team}` } : {})}
    />,
  );
}

const teams = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).getAllByRole('cell')[0]!.textContent);

describe('a table', () => {
  const rows = ['search', 'ads', 'chat', 'infra', 'team10', 'team9'].map((team, index) => ({
    team,
    cost: index === 1 ? 100 : index,
  }));

  test('sorts numbers by size and says so', async () => {
    show(rows);
    await userEvent.click(screen.getByRole('button', { name: 'Cost' }));
    expect(teams()[0]).toBe('ads');
    expect(screen.getByRole('columnheader', { name: 'Cost' })).toHaveAttribute('aria-sort', 'descending');
  });

  test('sorts texts as people do', async () => {
    show(rows);
    await userEvent.click(screen.getByRole('button', { name: 'Team' }));
    await userEvent.click(screen.getByRole('button', { name: 'Team' }));
    expect(teams().slice(-2)).toEqual(['team9', 'team10']);
  });

  test('filters, counts, and says when nothing fits', async () => {
    show(rows);
    const filter = screen.getByRole('textbox', { name: 'Filter Spend' });
    await userEvent.type(filter, 'team');
    expect(teams()).toEqual(['team10', 'team9']);
    expect(screen.getByText('2 of 6 rows')).toBeInTheDocument();
    await userEvent.type(filter, 'xyz');
    expect(screen.getByText('No row contains "teamxyz".')).toBeInTheDocument();
  });

  test('opens a row by mouse and by keyboard', async () => {
    const opened: string[] = [];
    show(rows, ({ team }) => opened.push(team));
    await userEvent.click(screen.getByText('chat'));
    screen.getByRole('button', { name: 'Open search' }).focus();
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(opened).toEqual(['chat', 'ads']);
  });

  test('draws only what is in view of ten thousand rows, and counts them all', () => {
    show(Array.from({ length: 10_000 }, (_, index) => ({ team: `team${index}`, cost: index })));
    expect(screen.getAllByRole('row').length).toBeLessThan(60);
    expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '10001');
  });

  test('says why it is empty', () => {
    show([]);
    expect(screen.getByText('No spend yet.')).toBeInTheDocument();
  });
});
