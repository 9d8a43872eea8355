import Type, { type Static } from 'typebox';
import type { ChangeHandler } from '../changes/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Experiment } from './experiment.ts';
import { endExperiment, findExperiment, startExperiment } from './experiment-repository.ts';

export const experimentKind = 'experiment';

const ExperimentPayload = Type.Object(
  { tenant: Type.String({ minLength: 1 }), experiment: Type.String({ minLength: 1, maxLength: 40 }) },
  { additionalProperties: false },
);
type ExperimentOrder = Static<typeof ExperimentPayload>;

/** The Change that begins an experiment: it sends copies of calls, or serves callers by another version. Undoing it ends it. */
export function experimentHandler({
  store,
  clock,
}: {
  store: Store;
  clock: Clock;
}): ChangeHandler<typeof ExperimentPayload, null> {
  const found = async ({ tenant, experiment }: ExperimentOrder): Promise<Experiment> => {
    const one = await findExperiment(store, experiment);
    if (one?.tenant === tenant) return one;
    throw new AppError('UNPROCESSABLE', `There is no experiment ${experiment}.`);
  };
  return {
    schema: ExperimentPayload,
    preview: async (order) => {
      const { name, kind, policy, bPolicy, bVersion, settings, budget, currency } = await found(order);
      const share = `${Math.round(settings.sampleShare * 1000) / 10} %`;
      const what =
        kind === 'shadow'
          ? `copies of ${share} of the calls of ${policy} go over ${bPolicy} ${bVersion}, for at most ${budget} ${currency}`
          : `${share} of the callers of ${policy} are served by ${bPolicy} ${bVersion}`;
      return {
        summary: `Experiment "${name}": ${what}, for at most ${settings.days} days.`,
        after: { kind, policy, b: `${bPolicy} ${bVersion}`, settings },
        impact: {
          ...(kind === 'shadow' ? { money: { amount: budget, currency } } : {}),
          risk: kind === 'shadow' ? 'low' : 'medium',
        },
      };
    },
    apply: async (order, { tenant, changeId }) => {
      if (order.tenant !== tenant) throw new AppError('FORBIDDEN', 'An experiment runs in its own tenant only.');
      const one = await found(order);
      if (one.state === 'ended') throw new AppError('UNPROCESSABLE', `Experiment ${one.id} has ended already.`);
      await startExperiment(store, one.id, changeId, clock.now());
      return null;
    },
    rollback: async ({ experiment }) => {
      await endExperiment(store, experiment, { reason: 'Its Change was undone.' }, clock.now());
    },
  };
}
