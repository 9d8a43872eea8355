import Type, { type Static } from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { ChangeHandler } from '../changes/index.ts';
import { checkForecaster } from './traffic.ts';

const PinSchema = Type.Object(
  {
    tenant: Type.String({ minLength: 1 }),
    workload: Type.String({ minLength: 1, maxLength: 300 }),
    forecaster: Type.Union([Type.String(), Type.Null()], { description: 'null: the evidence decides again' }),
  },
  { additionalProperties: false },
);
export type Pin = Static<typeof PinSchema>;

/** Where pins stand. */
export interface Pins {
  pinOf(tenant: string, workload: string): Promise<string | null>;
  /** Returns what stood before this Change; repeating it changes nothing. */
  save(pin: Pin & { changeId: number }): Promise<string | null>;
  restore(pin: Pin & { changeId: number }): Promise<void>;
}

export const pinKind = 'forecast.pin';

/** The Change by which a person chooses the forecaster that speaks for a workload, or lets the evidence decide again. */
export function pinHandler(pins: Pins): ChangeHandler<typeof PinSchema, { before: string | null }> {
  return {
    schema: PinSchema,
    preview: async ({ tenant, workload, forecaster }) => {
      if (forecaster !== null) checkForecaster(forecaster);
      const before = await pins.pinOf(tenant, workload);
      return {
        summary:
          forecaster === null
            ? `Let the evidence choose the forecaster of ${workload}`
            : `Pin ${workload} to ${forecaster}`,
        before: { forecaster: before },
        after: { forecaster },
        impact: { risk: 'low', text: 'Graphs, alerts and scaling of this workload use its forecasts from then on.' },
      };
    },
    apply: async (pin, { tenant, changeId }) => {
      if (pin.tenant !== tenant) throw new AppError('FORBIDDEN', 'A forecaster can be pinned in your own tenant only.');
      if (pin.forecaster !== null) checkForecaster(pin.forecaster);
      return { before: await pins.save({ ...pin, changeId }) };
    },
    verify: async ({ tenant, workload, forecaster }) => {
      const present = await pins.pinOf(tenant, workload);
      return { ok: present === forecaster, detail: `${workload} is pinned to ${present ?? 'nothing'}.` };
    },
    rollback: async (pin, { before }, { changeId }) => pins.restore({ ...pin, forecaster: before, changeId }),
  };
}
