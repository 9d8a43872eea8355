/** One setting of a connector as a form asks it. */
export interface SettingField {
  name: string;
  /** `json`: anything that is no plain value is typed as JSON. */
  shape: 'text' | 'number' | 'switch' | 'choice' | 'json';
  description: string;
  required: boolean;
  options: readonly string[];
  usual: string;
}

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
}

/** The fields of a connector's settings, from its JSON Schema. */
export function settingFields(schema: unknown): SettingField[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Schema;
  return Object.entries(properties).map(([name, property]) => {
    const options = optionsOf(property);
    return {
      name,
      shape: options.length > 0 ? 'choice' : shapeOf(property.type),
      description: property.description ?? '',
      required: required.includes(name) && property.default === undefined,
      options,
      usual: property.default === undefined ? '' : plain(property.default),
    };
  });
}

function optionsOf({ enum: listed, anyOf }: Schema): string[] {
  const values = listed ?? anyOf?.map(({ const: value }) => value) ?? [];
  return values.every((value) => typeof value === 'string') ? values : [];
}

function shapeOf(type: string | undefined): SettingField['shape'] {
  if (type === 'string') return 'text';
  if (type === 'number' || type === 'integer') return 'number';
  return type === 'boolean' ? 'switch' : 'json';
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Settings as texts of the form. */
export function settingTexts(fields: readonly SettingField[], settings: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    fields.map(({ name }) => [name, settings[name] === undefined ? '' : plain(settings[name])]),
  );
}

export type ReadSettings = { ok: true; settings: Record<string, unknown> } | { ok: false; wrong: string[] };

/** The settings that the texts say; empty ones are left out. `wrong` names fields that cannot be read. */
export function readSettings(fields: readonly SettingField[], texts: Readonly<Record<string, string>>): ReadSettings {
  const settings: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const { name, shape, required } of fields) {
    const text = (texts[name] ?? '').trim();
    if (text === '') {
      if (required) wrong.push(name);
    } else if (shape === 'number' && !Number.isFinite(Number(text))) wrong.push(name);
    else if (shape === 'json' && !isJson(text)) wrong.push(name);
    else if (shape === 'number') settings[name] = Number(text);
    else if (shape === 'switch') settings[name] = text === 'true';
    else settings[name] = shape === 'json' ? (JSON.parse(text) as unknown) : text;
  }
  return wrong.length === 0 ? { ok: true, settings } : { ok: false, wrong };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
