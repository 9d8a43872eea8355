import type { PriceKind, Purchase } from './price-entry.ts';

interface ListedItem {
  kind: Exclude<PriceKind, 'llm' | 'credit'>;
  provider: string;
  item: string;
  purchase: Purchase;
  unit: string;
  unitPrice: string;
  note: string;
}

const listed = 'List price in USD, noted July 2025';
const assumed = 'Assumption, no list price: replace it by what you pay';

function gpu(provider: string, item: string, unitPrice: string, machine: string): ListedItem {
  const note = `${listed}: on demand, ${machine} by its GPUs (the whole machine's price)`;
  return { kind: 'gpu', provider, item, purchase: 'on-demand', unit: 'GPU-Hours', unitPrice, note };
}

/** Spot prices move by the hour and place; these are only a start for estimates. */
function spot(provider: string, item: string, unitPrice: string): ListedItem {
  const note = `${assumed} (spot: 60 % below the list price on demand)`;
  return { kind: 'gpu', provider, item, purchase: 'spot', unit: 'GPU-Hours', unitPrice, note };
}

/** Hardware of one's own: purchase over four years, power, room and people. */
function own(item: string, unitPrice: string): ListedItem {
  const note = `${assumed} (purchase over four years at 70 % use, power, room, people)`;
  return { kind: 'gpu', provider: '', item, purchase: 'on-demand', unit: 'GPU-Hours', unitPrice, note };
}

function other(
  kind: ListedItem['kind'],
  provider: string,
  item: string,
  unit: string,
  unitPrice: string,
  note: string,
): ListedItem {
  return { kind, provider, item, purchase: 'on-demand', unit, unitPrice, note };
}

/** GPUs, machines, cores, memory and storage, so that a new installation can price what it sees. */
export const listedItems: readonly ListedItem[] = [
  gpu('aws', 'b200', '14.2416', 'p6-b200.48xlarge in us-east-1, 113.9328 an hour'),
  gpu('aws', 'h200', '7.912', 'p5en.48xlarge in us-east-1, 63.296 an hour'),
  gpu('aws', 'h100', '6.88', 'p5.48xlarge in us-east-1, 55.04 an hour'),
  gpu('aws', 'a100-80gb', '3.4308', 'p4de.24xlarge in us-east-1, 27.4464 an hour'),
  gpu('aws', 'a100-40gb', '2.7447', 'p4d.24xlarge in us-east-1, 21.9576 an hour'),
  gpu('aws', 'l40s', '1.861', 'g6e.xlarge in us-east-1'),
  gpu('aws', 'l4', '0.8048', 'g6.xlarge in us-east-1'),
  gpu('aws', 'a10g', '1.006', 'g5.xlarge in us-east-1'),
  gpu('aws', 't4', '0.526', 'g4dn.xlarge in us-east-1'),
  gpu('gcp', 'h100', '11.0613', 'a3-highgpu-8g in us-central1, 88.49 an hour'),
  gpu('gcp', 'a100-80gb', '5.0688', 'a2-ultragpu-1g in us-central1'),
  gpu('gcp', 'a100-40gb', '3.6734', 'a2-highgpu-1g in us-central1'),
  gpu('gcp', 'l4', '0.7068', 'g2-standard-4 in us-central1'),
  gpu('gcp', 't4', '0.35', 'the GPU alone, beside its machine, in us-central1'),
  gpu('azure', 'h100', '12.29', 'ND96isr_H100_v5 in East US, 98.32 an hour'),
  gpu('azure', 'a100-80gb', '3.673', 'NC24ads_A100_v4 in East US'),
  gpu('azure', 'mi300x', '6', 'ND96isr_MI300X_v5, 48.00 an hour'),
  gpu('azure', 't4', '0.526', 'NC4as_T4_v3 in East US'),
  spot('aws', 'h100', '2.752'),
  spot('aws', 'a100-80gb', '1.37232'),
  spot('aws', 'l40s', '0.7444'),
  spot('aws', 'l4', '0.32192'),
  spot('aws', 't4', '0.2104'),
  spot('gcp', 'h100', '4.42452'),
  spot('gcp', 'a100-80gb', '2.02752'),
  spot('gcp', 'l4', '0.28272'),
  spot('azure', 'h100', '4.916'),
  spot('azure', 'a100-80gb', '1.4692'),
  own('b200', '4.50'),
  own('h200', '3.10'),
  own('h100', '2.60'),
  own('mi300x', '2.40'),
  own('a100-80gb', '1.35'),
  own('a100-40gb', '1.10'),
  own('l40s', '0.85'),
  own('a10g', '0.45'),
  own('l4', '0.35'),
  own('t4', '0.20'),
  other('node', 'aws', 'm7i.xlarge', 'Hours', '0.2016', `${listed}: on demand in us-east-1`),
  other('node', 'gcp', 'n2-standard-4', 'Hours', '0.194236', `${listed}: on demand in us-central1`),
  other('node', 'azure', 'standard_d4s_v5', 'Hours', '0.192', `${listed}: on demand in East US`),
  other('cpu', '', 'core', 'Core-Hours', '0.031611', `${assumed} (OpenCost's default for a core)`),
  other('memory', '', 'memory', 'GiB-Hours', '0.004237', `${assumed} (OpenCost's default for a GiB)`),
  other('storage', 'aws', 's3-standard', 'GB-Months', '0.023', `${listed}: first 50 TB in us-east-1`),
  other('storage', 'aws', 'ebs-gp3', 'GB-Months', '0.08', `${listed}: in us-east-1`),
  other('storage', 'gcp', 'standard', 'GB-Months', '0.020', `${listed}: in us-central1`),
  other('storage', 'azure', 'blob-hot-lrs', 'GB-Months', '0.018', `${listed}: in East US`),
  other('storage', '', 'storage', 'GB-Months', '0.02', assumed),
];
