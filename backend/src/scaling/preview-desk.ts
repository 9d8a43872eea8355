import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { ScalingSettings, SettingsPreview, SettingsPreviewed } from './contract.ts';
import { selectIssued, selectReplayMinutes } from './decision-repository.ts';
import type { ExpectedEvent } from './demand.ts';
import { expectedOf } from './expected-event.ts';
import type { ScalingPorts } from './ports.ts';
import { costOf } from './replica-cost.ts';
import type { ScalingDesk } from './scaling-desk.ts';
import { problemsOf } from './scaling-settings.ts';
import { issuedForecasts, replaySettings, type Replayed } from './settings-replay.ts';

type Ground = Pick<Platform, 'clock' | 'warehouse'>;

const hourMs = 3_600_000;

/** What settings would have made of the last hours, beside what the present ones make of the same. */
export class PreviewDesk {
  readonly #ground: Ground;
  readonly #desk: Pick<ScalingDesk, 'get'>;
  readonly #ports: Pick<ScalingPorts, 'champions' | 'events'>;

  constructor(ground: Ground, desk: Pick<ScalingDesk, 'get'>, ports: Pick<ScalingPorts, 'champions' | 'events'>) {
    this.#ground = ground;
    this.#desk = desk;
    this.#ports = ports;
  }

  /** @throws AppError NOT_FOUND where the caller does not see the workload, VALIDATION_FAILED for settings that contradict themselves. */
  async preview(workload: string, { settings, hours }: SettingsPreview, scope: Scope): Promise<SettingsPreviewed> {
    const { clock, warehouse } = this.#ground;
    const detail = await this.#desk.get(workload, scope);
    const wanted: ScalingSettings = { ...detail.settings, ...settings };
    const problems = problemsOf(wanted);
    if (problems.length > 0)
      throw new AppError('VALIDATION_FAILED', `The settings do not fit together: ${problems.join('; ')}.`);
    const to = clock.now();
    const span = { workload, from: new Date(to.getTime() - hours * hourMs), to };
    const minutes = await selectReplayMinutes(warehouse, { ...span, cluster: detail.cluster }, scope);
    const speaker = (await this.#ports.champions(scope)).find((row) => row.workload === workload);
    const forecaster = speaker?.champion ?? undefined;
    const region = speaker?.region ?? detail.region;
    const rows = forecaster ? await selectIssued(warehouse, { ...span, region, forecaster }, scope) : [];
    const question = {
      ...{ minutes, forecasts: issuedForecasts(rows), startUpSeconds: detail.startUpSeconds },
      events: await this.#events({ tenant: scope.tenant, region, workload }, span),
    };
    const judged = (of: ScalingSettings) => priced(replaySettings({ ...question, settings: of }), detail.hourCost);
    return {
      ...{ from: span.from.toISOString(), to: to.toISOString(), minutes: minutes.length },
      forecaster: rows.length === 0 ? null : (forecaster ?? null),
      present: judged(detail.settings),
      proposed: judged(wanted),
    };
  }

  async #events(
    key: { tenant: string; region: string; workload: string },
    { from, to }: { from: Date; to: Date },
  ): Promise<ExpectedEvent[]> {
    return (await this.#ports.events(key, { from, to: new Date(to.getTime() + hourMs) })).map(expectedOf);
  }
}

function priced(
  { replicaHours, ...rest }: Replayed,
  hourCost: { amount: string; currency: string } | null,
): SettingsPreviewed['present'] {
  const cost = hourCost && { amount: costOf(replicaHours, hourCost.amount), currency: hourCost.currency };
  return { ...rest, replicaHours: Math.round(replicaHours * 100) / 100, cost };
}
