import { parseArgs } from 'node:util';
import {
  concludeSteps,
  horizonMinutes,
  LessonCollector,
  openShippedNetwork,
  seededRandom,
  Trainer,
  tune,
  Baselines,
  WorkloadForecasts,
  type NetworkRunner,
  type Sample,
} from '@amadeus/backend/forecasting';
import { reportLine, type Figure } from '../src/index.ts';

export const description = 'forecasts per second and core, memory per workload, seconds of fine-tuning per workload';

const day = 1440;
/** Until the autoregression has learned and speaks, too. */
const warmUpMinutes = 300;
const timedMinutes = 5;
const tuningSteps = 400;
const tuningDays = 7;

/** Workloads with a day, noise and bursts of their own; nothing is read, so that it runs anywhere. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { workloads: { type: 'string', default: '1000' } } });
  const count = Number(values.workloads);
  const { network } = await openShippedNetwork();
  const { shared, tuned, bytes, said } = await perMinute(network, count);
  const alone = await networkAlone(network, count);
  const tuning = await fineTuning(network);
  await network.close();
  const figures: Figure[] = [
    {
      name: `seconds_per_minute_of_${count}_workloads.shared_weights`,
      value: round(shared),
      unit: 's of CPU',
      target: '<= 60',
      holds: shared <= 60,
    },
    {
      name: `seconds_per_minute_of_${count}_workloads.each_with_tuned_weights`,
      value: round(tuned),
      unit: 's of CPU',
      target: '<= 60',
      holds: tuned <= 60,
    },
    {
      name: 'workloads_per_second_and_core',
      value: round(count / shared),
      unit: '1/s',
      against: 'the network alone, in one batched run',
      againstValue: round(count / alone),
    },
    {
      name: 'predicted_minutes_per_second_and_core',
      value: round((count * said * horizonMinutes) / shared),
      unit: '1/s',
    },
    { name: 'memory_per_workload', value: round(bytes / 1024), unit: 'KiB' },
    {
      name: `seconds_of_fine_tuning_per_workload.${tuningSteps}_steps`,
      value: round(tuning.seconds),
      unit: 's of CPU',
    },
    { name: 'seconds_to_read_a_week_into_windows', value: round(tuning.reading), unit: 's of CPU' },
  ];
  process.stdout.write(`${reportLine('inference', figures)}\n`);
}

/** Traffic of one made-up workload. */
function workload(seed: number): (minute: number) => Sample {
  const random = seededRandom(seed);
  const [level, swing, phase] = [50 + 5000 * random(), 0.2 + 0.6 * random(), day * random()];
  return (minute) => {
    const wave = 1 + swing * Math.sin((2 * Math.PI * (minute + phase)) / day);
    const requests = Math.round(level * wave * (0.9 + 0.2 * random()));
    return { minute, requests, cpuCores: requests / 1000, memoryBytes: 2e8 + 1e4 * requests };
  };
}

/** CPU seconds of one minute of all workloads, and the bytes that each holds in memory. */
async function perMinute(
  network: NetworkRunner,
  count: number,
): Promise<{ shared: number; tuned: number; bytes: number; said: number }> {
  const before = memory();
  const all = Array.from({ length: count }, (_, index) => ({
    forecasts: new WorkloadForecasts(day),
    at: workload(index + 1),
  }));
  let minute = 0;
  const live = async (minutes: number, weights?: Float32Array): Promise<number> => {
    const began = process.cpuUsage();
    for (const end = minute + minutes; minute < end; minute += 1) {
      const tuned = weights ? { weights, until: 0 } : undefined;
      const work = all.map(({ forecasts, at }) => ({ forecasts, steps: forecasts.prepare(at(minute)), tuned }));
      await concludeSteps(network, work, () => {});
    }
    return cpuSince(began) / minutes;
  };
  await live(warmUpMinutes);
  const bytes = (memory() - before) / count;
  const shared = await live(timedMinutes);
  process.stderr.write(`${count} workloads, shared weights: ${shared.toFixed(2)} s of CPU for a minute\n`);
  const tuned = await live(timedMinutes, network.weights);
  process.stderr.write(`${count} workloads, weights of their own: ${tuned.toFixed(2)} s\n`);
  return { shared, tuned, bytes, said: all[0]!.forecasts.forecasts().size };
}

/** CPU of one batched run of the network for all workloads. */
async function networkAlone(network: NetworkRunner, count: number): Promise<number> {
  const baselines = new Baselines(day);
  const at = workload(1);
  const windows = [];
  for (let minute = 0; windows.length < count; minute += 1) {
    const { window } = baselines.observe(at(minute));
    if (window) windows.push(window);
  }
  await network.answer(windows);
  const began = process.cpuUsage();
  await network.answer(windows);
  return cpuSince(began);
}

async function fineTuning(network: NetworkRunner): Promise<{ seconds: number; reading: number }> {
  const baselines = new Baselines(day);
  const collector = new LessonCollector();
  const at = workload(7);
  let began = process.cpuUsage();
  for (let minute = 0; minute < tuningDays * day; minute += 1) {
    const { requests, window } = baselines.observe(at(minute));
    collector.observe(requests, minute % 2 === 0 ? window : undefined);
  }
  const reading = cpuSince(began);
  const trainer = await Trainer.open();
  began = process.cpuUsage();
  await tune(trainer, network.weights, collector.lessons, { steps: tuningSteps });
  const seconds = cpuSince(began);
  await trainer.close();
  process.stderr.write(`fine-tuning: ${seconds.toFixed(1)} s for ${tuningSteps} steps\n`);
  return { seconds, reading };
}

function memory(): number {
  global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function cpuSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

const round = (value: number): number => Number(value.toPrecision(4));
