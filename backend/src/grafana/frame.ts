/**
 * Data frames as Grafana's plugin SDK decodes them (grafana-plugin-sdk-go, data.Frame JSON): `schema` before `data`, one
 * `typeInfo.frame` per field, times in epoch milliseconds, columns of equal length, nullable said where a null may stand.
 */

export type FieldType = 'time.Time' | 'float64' | 'int64' | 'string' | 'bool';

export interface FieldConfig {
  displayNameFromDS?: string;
  unit?: string;
  decimals?: number;
  min?: number;
  custom?: Record<string, unknown>;
  links?: readonly { title: string; url: string; targetBlank?: boolean }[];
}

export interface Field {
  name: string;
  type: FieldType;
  values: readonly (number | string | boolean | null)[];
  labels?: Readonly<Record<string, string>>;
  config?: FieldConfig;
}

export interface Notice {
  severity: 'info' | 'warning' | 'error';
  text: string;
}

export interface FrameMeta {
  type?: 'timeseries-wide' | 'timeseries-multi' | 'numeric-wide' | 'numeric-multi' | 'table';
  typeVersion?: readonly [number, number];
  notices?: readonly Notice[];
  executedQueryString?: string;
  preferredVisualisationType?: 'graph' | 'table';
  custom?: Record<string, unknown>;
}

export interface FrameJson {
  schema: {
    name: string;
    refId: string;
    meta?: FrameMeta;
    fields: {
      name: string;
      type: string;
      typeInfo: { frame: FieldType; nullable: boolean };
      labels?: Readonly<Record<string, string>>;
      config?: FieldConfig;
    }[];
  };
  data: { values: (number | string | boolean | null)[][] };
}

const grafanaType: Readonly<Record<FieldType, string>> = {
  'time.Time': 'time',
  float64: 'number',
  int64: 'number',
  string: 'string',
  bool: 'boolean',
};

/**
 * Builds one frame. Numbers that are not finite become null (Grafana would refuse the frame).
 * @throws RangeError when the columns differ in length or a time is no whole number of milliseconds.
 */
export function frame(name: string, refId: string, fields: readonly Field[], meta?: FrameMeta): FrameJson {
  const length = fields[0]?.values.length ?? 0;
  for (const field of fields) {
    if (field.values.length !== length)
      throw new RangeError(`Field ${field.name} has ${field.values.length} values, the first has ${length}.`);
    if (field.type === 'time.Time' && !field.values.every((value) => value === null || Number.isInteger(value))) {
      throw new RangeError(`Field ${field.name} holds a time that is no whole number of milliseconds.`);
    }
  }
  return {
    schema: {
      name,
      refId,
      ...(meta === undefined ? {} : { meta }),
      fields: fields.map((field) => ({
        name: field.name,
        type: grafanaType[field.type],
        typeInfo: { frame: field.type, nullable: field.type !== 'time.Time' },
        ...(field.labels === undefined ? {} : { labels: field.labels }),
        ...(field.config === undefined ? {} : { config: field.config }),
      })),
    },
    data: { values: fields.map((field) => field.values.map((value) => finite(value))) },
  };
}

/** A frame for each series of one number over time, so that alert rules tell them apart by their labels. */
export function timeSeries(
  refId: string,
  series: readonly {
    name: string;
    labels: Readonly<Record<string, string>>;
    times: readonly number[];
    values: readonly (number | null)[];
    config?: FieldConfig;
  }[],
  notices: readonly Notice[] = [],
): FrameJson[] {
  return series.map((one, index) =>
    frame(
      one.name,
      refId,
      [
        { name: 'time', type: 'time.Time', values: one.times },
        {
          name: 'value',
          type: 'float64',
          values: one.values,
          labels: one.labels,
          config: { displayNameFromDS: one.name, ...one.config },
        },
      ],
      { type: 'timeseries-multi', typeVersion: [0, 1], ...(index === 0 && notices.length > 0 ? { notices } : {}) },
    ),
  );
}

function finite(value: number | string | boolean | null): number | string | boolean | null {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}
