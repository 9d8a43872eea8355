import { readSettings, settingFields, settingTexts } from './setting-fields';

const fields = settingFields({
  type: 'object',
  required: ['bucket', 'layout'],
  properties: {
    bucket: { type: 'string', description: 'Name of the bucket' },
    layout: { anyOf: [{ const: 'cur' }, { const: 'focus' }], default: 'focus' },
    retries: { type: 'integer' },
    pathStyle: { type: 'boolean' },
    nodes: { type: 'array' },
  },
});

describe('the form of a connector', () => {
  test('asks what its schema names', () => {
    expect(fields.map(({ name, shape, required, usual }) => [name, shape, required, usual])).toEqual([
      ['bucket', 'text', true, ''],
      ['layout', 'choice', false, 'focus'],
      ['retries', 'number', false, ''],
      ['pathStyle', 'switch', false, ''],
      ['nodes', 'json', false, ''],
    ]);
    expect(fields[1]!.options).toEqual(['cur', 'focus']);
  });

  test('settings go into texts and come back the same', () => {
    const settings = { bucket: 'bills', retries: 3, pathStyle: true, nodes: [{ count: 2 }] };
    expect(readSettings(fields, settingTexts(fields, settings))).toEqual({ ok: true, settings });
  });

  test('names what is missing or cannot be read', () => {
    const texts = { bucket: ' ', retries: 'many', nodes: '[{' };
    expect(readSettings(fields, texts)).toEqual({ ok: false, wrong: ['bucket', 'retries', 'nodes'] });
  });
});
