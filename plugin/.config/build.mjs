// Builds the plugin's pages: webpack with the configuration beside this file, which Node 24 reads as TypeScript.
import webpack from 'webpack';

process.chdir(new URL('..', import.meta.url).pathname.replace(/^\/([A-Za-z]:)/, '$1'));
const { default: configure } = await import('./webpack/webpack.config.ts');
const mode = process.argv.includes('--development') ? 'development' : 'production';
const compiler = webpack(await configure({ [mode]: true }));
const report = (error, stats) => {
  if (error) process.stderr.write(`${error.stack}\n`);
  if (stats) process.stderr.write(`${stats.toString({ preset: 'errors-warnings', colors: false, timings: true })}\n`);
  return error || stats?.hasErrors() ? 1 : 0;
};
if (process.argv.includes('--watch')) compiler.watch({}, report);
else
  compiler.run((error, stats) => {
    const code = report(error, stats);
    compiler.close(() => process.exit(code));
  });
