import { focusRow, type Charge, type FocusRow } from './focus-row.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { fineSince, turningPoint } from './story.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const aws = { name: 'AWS', account: '402518837401', accountName: 'Northwind', issuer: 'Amazon Web Services, Inc.' };
const azure = { name: 'Microsoft', account: 'mca-7f21', accountName: 'Northwind EA', issuer: 'Microsoft' };
const gcp = { name: 'Google Cloud', account: '01A2-77', accountName: 'Northwind', issuer: 'Google Cloud' };

/** Something rented by the hour or by the day. `swing` is how much of it follows the day of the shop. */
interface Standing {
  provider: Charge['provider'];
  category: string;
  service: string;
  description: string;
  sku: string;
  region: string;
  subAccount: string;
  unit: string;
  price: string;
  perHour: number;
  swing: number;
  daily?: boolean;
  discount?: number;
  /** What was otherwise before the turning point of the story. */
  before?: { perHour?: number; discount?: number };
  /** Some resources carry no owner: that is what real bills look like, and the pages say so. */
  tags: Readonly<Record<string, string>>;
}

const shop = (team: string, product: string, environment = 'production'): Record<string, string> => ({
  team,
  product,
  environment,
});

const standing: readonly Standing[] = [
  {
    provider: aws,
    category: 'Compute',
    service: 'Amazon Elastic Compute Cloud',
    description: 'm7i.2xlarge on demand',
    sku: 'EC2-M7I2XL',
    region: 'eu-central-1',
    subAccount: 'shop-prod',
    unit: 'Hours',
    price: '0.4838',
    perHour: 9,
    before: { perHour: 6 },
    swing: 0.55,
    tags: shop('storefront', 'shop'),
  },
  {
    provider: aws,
    category: 'Compute',
    service: 'Amazon Elastic Compute Cloud',
    description: 'g6e.12xlarge on demand',
    sku: 'EC2-G6E12XL',
    region: 'us-east-1',
    subAccount: 'ml-prod',
    unit: 'Hours',
    price: '10.4926',
    perHour: 1.2,
    swing: 0.4,
    discount: 0.12,
    tags: { ...shop('search', 'search'), feature: 'semantic-search' },
  },
  {
    provider: aws,
    category: 'Compute',
    service: 'Amazon Elastic Compute Cloud',
    description: 'c7g.xlarge on demand',
    sku: 'EC2-C7GXL',
    region: 'eu-central-1',
    subAccount: 'shop-dev',
    unit: 'Hours',
    price: '0.1445',
    perHour: 6,
    before: { perHour: 9 },
    swing: 0.2,
    tags: shop('storefront', 'shop', 'dev'),
  },
  {
    provider: aws,
    category: 'Databases',
    service: 'Amazon Relational Database Service',
    description: 'db.r6g.2xlarge Multi-AZ',
    sku: 'RDS-R6G2XL',
    region: 'eu-central-1',
    subAccount: 'shop-prod',
    unit: 'Hours',
    price: '1.9160',
    perHour: 2,
    swing: 0,
    discount: 0.2,
    tags: shop('storefront', 'shop'),
  },
  {
    provider: aws,
    category: 'Storage',
    service: 'Amazon Simple Storage Service',
    description: 'Standard storage',
    sku: 'S3-STD',
    region: 'eu-central-1',
    subAccount: 'data-lake',
    unit: 'GB-Month',
    price: '0.0235',
    perHour: 58,
    swing: 0,
    daily: true,
    tags: shop('data-platform', 'lake'),
  },
  {
    provider: aws,
    category: 'Networking',
    service: 'AWS Data Transfer',
    description: 'Internet egress',
    sku: 'DT-OUT',
    region: 'eu-central-1',
    subAccount: 'shop-prod',
    unit: 'GB',
    price: '0.0900',
    perHour: 24,
    swing: 0.8,
    tags: {},
  },
  {
    provider: aws,
    category: 'Integration',
    service: 'Amazon Simple Queue Service',
    description: 'Standard requests',
    sku: 'SQS-STD',
    region: 'eu-central-1',
    subAccount: 'shop-prod',
    unit: 'Requests',
    price: '0.0000004',
    perHour: 410000,
    swing: 0.8,
    tags: shop('storefront', 'shop'),
  },
  {
    provider: azure,
    category: 'Compute',
    service: 'Virtual Machines',
    description: 'Standard_D8s_v5',
    sku: 'AZ-D8SV5',
    region: 'westeurope',
    subAccount: 'payments-prod',
    unit: 'Hours',
    price: '0.4600',
    perHour: 6,
    before: { discount: 0.3 },
    swing: 0.35,
    tags: shop('payments', 'checkout'),
  },
  {
    provider: azure,
    category: 'Compute',
    service: 'Virtual Machines',
    description: 'Standard_NC40ads_H100_v5',
    sku: 'AZ-NC40H100',
    region: 'westeurope',
    subAccount: 'research',
    unit: 'Hours',
    price: '8.8200',
    perHour: 0.8,
    swing: 0,
    tags: { ...shop('research', 'foundation', 'dev'), 'cost-center': 'cc-7710' },
  },
  {
    provider: azure,
    category: 'Databases',
    service: 'Azure Cosmos DB',
    description: 'Autoscale throughput',
    sku: 'AZ-COSMOS',
    region: 'westeurope',
    subAccount: 'payments-prod',
    unit: '100 RU/s-Hours',
    price: '0.0120',
    perHour: 210,
    before: { discount: 0.3 },
    swing: 0.5,
    tags: shop('payments', 'checkout'),
  },
  {
    provider: azure,
    category: 'Management and Governance',
    service: 'Log Analytics',
    description: 'Data ingested',
    sku: 'AZ-LOGS',
    region: 'westeurope',
    subAccount: 'platform',
    unit: 'GB',
    price: '2.7600',
    perHour: 0.9,
    swing: 0.4,
    tags: shop('platform', 'observability'),
  },
  {
    provider: gcp,
    category: 'Compute',
    service: 'Kubernetes Engine',
    description: 'Autopilot pod vCPU',
    sku: 'GKE-VCPU',
    region: 'asia-northeast3',
    subAccount: 'recs-prod',
    unit: 'Hours',
    price: '0.0573',
    perHour: 88,
    before: { perHour: 58 },
    swing: 0.6,
    tags: { ...shop('recommendations', 'shop'), feature: 'for-you' },
  },
  {
    provider: gcp,
    category: 'Analytics',
    service: 'BigQuery',
    description: 'On-demand analysis',
    sku: 'BQ-TIB',
    region: 'asia-northeast3',
    subAccount: 'analytics',
    unit: 'TiB',
    price: '6.2500',
    perHour: 0.55,
    swing: 0.7,
    tags: shop('data-platform', 'lake'),
  },
  {
    provider: gcp,
    category: 'Storage',
    service: 'Cloud Storage',
    description: 'Standard storage, Seoul',
    sku: 'GCS-STD',
    region: 'asia-northeast3',
    subAccount: 'analytics',
    unit: 'GiB-Month',
    price: '0.0230',
    perHour: 36,
    swing: 0,
    daily: true,
    tags: {},
  },
  {
    provider: gcp,
    category: 'AI and Machine Learning',
    service: 'Vertex AI',
    description: 'Online prediction, L4',
    sku: 'VTX-L4',
    region: 'asia-northeast3',
    subAccount: 'recs-prod',
    unit: 'Hours',
    price: '0.8500',
    perHour: 3,
    before: { perHour: 2 },
    swing: 0.3,
    tags: { ...shop('recommendations', 'shop'), feature: 'for-you', model: 'ranker-v7' },
  },
];

/**
 * The bills of three clouds for whole UTC days in [from, to): hourly lines for what runs (daily ones where it is long ago),
 * daily ones for what lies, a credit at the start of each month. One mistake for the pages to find: for four days ending two
 * days before `story`, log ingestion of the platform team runs at seven times its volume. And three causes of growth from one
 * month to the next, at the turning point of the story: the contract discount of *payments* ends (price), *recommendations*
 * runs half as many pods again (volume), and *storefront* moves three machines to a dearer kind (mix).
 */
export function* cloudBills(seed: number, from: Date, to: Date, story: Date): Generator<FocusRow> {
  const random = seededRandom(seed);
  const fine = fineSince(story).getTime();
  for (let day = from.getTime(); day < to.getTime(); day += DAY_MS) {
    for (const item of standing) {
      const step = item.daily || day < fine ? 24 : 1;
      for (let hour = 0; hour < 24; hour += step) yield line(random, item, new Date(day + hour * HOUR_MS), step, story);
    }
    if (new Date(day).getUTCDate() === 1) yield credit(new Date(day));
  }
}

function line(random: SeededRandom, item: Standing, start: Date, hours: number, story: Date): FocusRow {
  const then = start < turningPoint(story) ? { ...item, ...item.before } : item;
  // Over a whole day the wave is even.
  const wave = hours === 24 ? 1 : 1 + item.swing * Math.sin(((start.getUTCHours() - 12) / 24) * 2 * Math.PI);
  const weekend = start.getUTCDay() % 6 === 0 ? 1 - 0.15 * item.swing : 1;
  const noise = 1 + 0.04 * random.normal('bill', item.sku, item.subAccount, start.getTime());
  const daysLeft = (story.getTime() - start.getTime()) / DAY_MS;
  const mistake = item.sku === 'AZ-LOGS' && daysLeft <= 6 && daysLeft > 2 ? 7 : 1;
  const quantity = Math.max(0, then.perHour * hours * wave * weekend * noise * mistake);
  // A month of storage is billed as its share of 730 hours.
  const amount = item.daily ? quantity / 7.3 : quantity;
  return focusRow({
    ...item,
    start,
    hours,
    quantity: amount.toFixed(item.unit === 'Requests' ? 0 : 4),
    listUnitPrice: item.price,
    resource: `${item.subAccount}/${item.sku.toLowerCase()}`,
    ...(then.discount === undefined ? {} : { discount: then.discount }),
  });
}

function credit(start: Date): FocusRow {
  return focusRow({
    provider: aws,
    start,
    hours: 24,
    category: 'Other',
    service: 'AWS Credits',
    description: 'Migration credit',
    sku: 'CREDIT',
    resource: 'credit',
    region: 'global',
    subAccount: 'shop-prod',
    quantity: 1,
    unit: 'Credits',
    listUnitPrice: '-250',
    chargeCategory: 'Credit',
    tags: shop('storefront', 'shop'),
  });
}
