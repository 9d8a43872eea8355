/** What `npm start -- ...` may be told. */
export interface StartOptions {
  command: 'serve' | 'config' | 'audit' | 'keys' | 'help';
  config?: string;
  prometheus?: string;
  query?: string;
  focus: string[];
  port?: number;
  dataDir?: string;
  estate: boolean;
  grafana: boolean;
  /** A cluster with a shop, in which things happen, beside the estate. */
  demoCluster: boolean;
  /** An LLM gateway before simulated providers, called by a few applications. */
  demoGateway: boolean;
  /** End after the answer instead of waiting; for scripts. */
  once: boolean;
  rest: string[];
}

export const usage = `npm start -- [OPTIONS]

Starts Amadeus: embedded ClickHouse and PostgreSQL, the service, and Grafana where one is at hand.

Without options it loads a generated estate: 95 days of three clouds' bills, a Slurm and a Kubernetes GPU cluster,
LLM calls of a dozen customers, and a shop with days, weekends, deploys and a flash sale. Beside it runs a cluster with a
shop of its own, in which a sale comes, a pod lacks memory and a release is broken, within minutes; and it is acted on.

Your own data instead of the estate:
  --prometheus URL     read requests, CPU and memory per workload from this Prometheus
  --query PROMQL       its expression for requests per second by workload (default: rate of http_requests_total by
                       namespace and workload)
  --focus FILE...      load FOCUS 1.0 or 1.2 bills: CSV, gzip or Parquet

  --config FILE        YAML configuration (every setting: provisioning/amadeus/amadeus.yaml)
  --data DIR           where everything is kept (default .amadeus)
  --port N             port of the service (default 4280)
  --no-estate          start empty
  --no-demo-cluster    without the cluster beside the estate (or AMADEUS_DEMO_CLUSTER=off); it is not started either where
                       clusters, a Prometheus or a configuration file of one's own are given
  --no-demo-gateway    without the LLM gateway, its simulated providers and applications (or AMADEUS_DEMO_GATEWAY=off); not
                       started either where providers, policies or a configuration file of one's own are given
  --no-grafana         do not start Grafana
  --once               print the answer and stop
  config               print the configuration in force, secrets redacted, and stop
  audit verify EXPORT  check an exported audit log offline (--checkpoints DIR)
  keys create --name NAME --permission P...   make an API key (stop the service first, or give DATABASE_URL)
  --help               this text

Grafana is started where GRAFANA_HOME names one, 'grafana' is on the PATH, or Docker runs.
Environment: CLICKHOUSE_URL, DATABASE_URL, REDIS_URL, PROMETHEUS_URL and AMADEUS_* (one per setting).
`;

/** @throws Error with a sentence for the person who typed, when an option is unknown or lacks its value. */
export function parseStart(args: readonly string[]): StartOptions {
  const options: StartOptions = {
    ...{ command: 'serve', focus: [], rest: [] },
    ...{ estate: true, grafana: true, demoCluster: true, demoGateway: true, once: false },
  };
  const queue = [...args];
  const value = (name: string): string => {
    const next = queue.shift();
    if (next === undefined || next.startsWith('--')) throw new Error(`${name} needs a value.`);
    return next;
  };
  while (queue.length > 0) {
    const [flag, inline] = split(queue.shift()!);
    if (inline !== undefined) queue.unshift(inline);
    if (flag === '--help' || flag === '-h' || flag === 'help') options.command = 'help';
    else if (flag === '--prometheus') options.prometheus = address(value(flag));
    else if (flag === '--query') options.query = value(flag);
    else if (flag === '--config') options.config = value(flag);
    else if (flag === '--data') options.dataDir = value(flag);
    else if (flag === '--port') options.port = port(value(flag));
    else if (flag === '--no-estate') options.estate = false;
    else if (flag === '--no-grafana') options.grafana = false;
    else if (flag === '--no-demo-cluster') options.demoCluster = false;
    else if (flag === '--no-demo-gateway') options.demoGateway = false;
    else if (flag === '--once') options.once = true;
    else if (flag === '--focus') {
      options.focus.push(value(flag));
      while (queue.length > 0 && !queue[0]!.startsWith('--')) options.focus.push(queue.shift()!);
    } else if ((flag === 'config' || flag === 'audit' || flag === 'keys') && options.command === 'serve') {
      options.command = flag;
      if (flag !== 'config') options.rest = queue.splice(0);
    } else throw new Error(`There is no option ${flag}.`);
  }
  if (options.query !== undefined && options.prometheus === undefined)
    throw new Error('--query needs --prometheus URL.');
  if (options.prometheus !== undefined || options.focus.length > 0) options.estate = false;
  return options;
}

function split(argument: string): [string, string?] {
  const at = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return at < 0 ? [argument] : [argument.slice(0, at), argument.slice(at + 1)];
}

function address(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new Error(`--prometheus needs an address such as http://localhost:9090, not ${text}.`);
  return text;
}

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new Error(`--port needs a number from 0 to 65535, not ${text}.`);
  return number;
}
