// Providers of language models that are not there, to try a gateway against:
//
//     node deploy/simulator/main.ts --providers '[{"name":"fast","port":4301,"traits":{"speed":3}}]'
//
// Started with a channel to its parent it tells the addresses there, and takes one order: whom to send calls for.
import { Character, type Traits } from './character.ts';
import { Demand, type Caller } from './demand.ts';
import { ProviderSimulator } from './provider-simulator.ts';
import { seeded } from './random.ts';

interface Provider {
  name: string;
  /** Any that is free where absent. */
  port?: number;
  traits?: Traits;
}

interface Order {
  gateway: string;
  callers: readonly Caller[];
}

const at = process.argv.indexOf('--providers');
let providers: Provider[];
try {
  providers = JSON.parse(at < 0 ? '[{"name":"simulated","port":4300}]' : (process.argv[at + 1] ?? '')) as Provider[];
} catch {
  process.stderr.write('--providers must be a JSON list such as [{"name":"fast","port":4301,"traits":{"speed":3}}].\n');
  process.exit(2);
}

const simulators: ProviderSimulator[] = [];
const urls: Record<string, string> = {};
let demand: Demand | undefined;
for (const [index, { name, port, traits = {} }] of providers.entries()) {
  const simulator = new ProviderSimulator(new Character(traits, seeded(index + 1)));
  simulators.push(simulator);
  urls[name] = await simulator.start(port);
  process.stdout.write(`Provider ${name} at ${urls[name]}\n`);
}

async function stop(): Promise<void> {
  demand?.stop();
  await Promise.all(simulators.map((simulator) => simulator.close()));
  process.exit(0);
}

process.on('message', ({ gateway, callers }: Order) => {
  demand?.stop();
  demand = new Demand(gateway, 7);
  demand.start(callers);
});
process.send?.({ urls });
// The parent is gone: nobody is left to answer to.
process.on('disconnect', () => void stop());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
