import { BlockList, isIP } from 'node:net';

/**
 * Decides which addresses a call may reach. Public addresses always; loopback, private, link-local, shared, multicast and
 * reserved ones (https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister) only where the
 * configuration lists them.
 */
export interface AddressGuard {
  /** Whether a connection to `address`, found under `host`, may be opened. */
  permits(host: string, port: number, address: string): boolean;
}

const refused = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96', // unspecified, loopback and the old way to write an IPv4 address
  '64:ff9b::/96', // translation to IPv4: would lead to every range above
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16', // 6to4: an IPv4 address inside
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]);

/** Credentials of the machine are handed out here: a host name never opens them, only their own address or range does. */
const metadata = blockList(['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128', '100.100.100.200/32']);

/**
 * @param allow host, host:port, address, address:port, [IPv6]:port or CIDR.
 * @throws Error naming the entry that is none of these.
 */
export function createAddressGuard(allow: readonly string[]): AddressGuard {
  const ranges = new BlockList();
  const addresses = new Set<string>();
  const hosts = new Set<string>();
  for (const entry of allow.map((text) => text.trim().toLowerCase())) {
    if (entry.includes('/')) addRange(ranges, entry);
    else {
      const { host, port } = splitHostPort(entry);
      const key = port === undefined ? '' : `:${port}`;
      if (isIP(host)) addresses.add(`${normalAddress(host)}${key}`);
      else hosts.add(`${host}${key}`);
    }
  }
  return {
    permits: (host, port, given) => {
      const address = normalAddress(given);
      if (!isIn(refused, address)) return true;
      if (isIn(ranges, address) || addresses.has(address) || addresses.has(`${address}:${port}`)) return true;
      if (isIn(metadata, address)) return false;
      const name = host.toLowerCase().replace(/\.$/, '');
      return hosts.has(name) || hosts.has(`${name}:${port}`);
    },
  };
}

/** An IPv4 address inside an IPv6 one is that IPv4 address; zones are dropped; IPv6 in its shortest form. */
export function normalAddress(given: string): string {
  const address = given.replace(/%.*$/, '');
  if (isIP(address) !== 6) return address;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (!mapped) return short;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function splitHostPort(entry: string): { host: string; port?: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*)|([^:\s[\]]+))(?::(\d{1,5}))?$/.exec(entry);
  const host = match && (match[1] ?? match[2] ?? match[3]);
  if (!host) throw new Error(`outgoing.allow: ${JSON.stringify(entry)} is no host, host:port, address or CIDR`);
  const port = match[4];
  return { host: host.replace(/\.$/, ''), ...(port === undefined ? {} : { port: Number(port) }) };
}

function addRange(list: BlockList, cidr: string): void {
  const [network, bits] = cidr.split('/');
  const family = isIP(network ?? '');
  const width = Number(bits);
  if (family === 0 || !/^\d{1,3}$/.test(bits ?? '') || width > (family === 4 ? 32 : 128)) {
    throw new Error(`outgoing.allow: ${JSON.stringify(cidr)} is no CIDR such as 10.0.0.0/8 or fd00::/8`);
  }
  list.addSubnet(network!, width, family === 4 ? 'ipv4' : 'ipv6');
}

function blockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) addRange(list, cidr);
  return list;
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
