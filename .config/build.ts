// `npm run build [-- --all]`: the plugin as Grafana loads it. Its executable is built for this machine where Go is on the
// PATH, and with --all for every platform of the catalogue.
import { buildPlugin } from './plugin-build.ts';

const result = await buildPlugin({
  all: process.argv.includes('--all'),
  log: (line) => process.stderr.write(`${line}\n`),
});
process.exit(result.ok ? 0 : 1);
