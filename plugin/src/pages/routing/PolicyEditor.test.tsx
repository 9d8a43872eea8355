import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FakeService } from '../../test/service';
import { newPolicy, withMatch } from './policy-draft';
import { PolicyEditor } from './PolicyEditor';

let service = new FakeService();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getBackendSrv: () => service,
}));

const like = withMatch(newPolicy('chat'), 'models', ['chat']);
const bodies = (path: string) => service.calls.filter((call) => call.path === path).map(({ body }) => body);

describe('the editor of a policy', () => {
  beforeEach(() => {
    service = new FakeService().answer('/api/routing/policies/check', ({ body }) => {
      const { content, yaml } = body as { content?: { name: string }; yaml?: string };
      if (yaml === 'nonsense') return { problems: ['It must be an object'] };
      if (yaml !== undefined) return { problems: [], yaml, content: { ...like, name: 'from-yaml' } };
      return { problems: [], yaml: `name: ${content!.name}\n`, content };
    });
  });

  test('shows on the other side what is typed on one, and what is wrong', async () => {
    render(<PolicyEditor like={like} onClose={() => undefined} onSaved={() => undefined} />);
    const yaml = screen.getByLabelText(/The same as YAML/);
    await waitFor(() => expect(yaml).toHaveValue('name: chat-next\n'));
    await userEvent.clear(screen.getByLabelText('Name'));
    await userEvent.type(screen.getByLabelText('Name'), 'cheaper');
    await waitFor(() => expect(yaml).toHaveValue('name: cheaper\n'));
    await userEvent.clear(yaml);
    await userEvent.type(yaml, 'nonsense');
    expect(await screen.findByText('It must be an object')).toBeInTheDocument();
    await userEvent.type(yaml, ' no more');
    await waitFor(() => expect(screen.getByLabelText('Name')).toHaveValue('from-yaml'));
  });

  test('saves a draft under its name', async () => {
    service.answer('/api/routing/policies/chat-next/draft', {});
    const saved: string[] = [];
    render(<PolicyEditor like={like} onClose={() => undefined} onSaved={(name) => saved.push(name)} />);
    await userEvent.click(screen.getByRole('button', { name: 'Save the draft' }));
    await waitFor(() => expect(saved).toEqual(['chat-next']));
    expect(bodies('/api/routing/policies/chat-next/draft')).toEqual([
      { content: { ...like, name: 'chat-next' }, position: 100, notes: '' },
    ]);
  });
});
