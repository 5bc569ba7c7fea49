/**
 * Which addresses a server may call for a stranger: public ones, and those that its configuration names. Anything else would let whoever submits a model
 * reach into the network that the server stands in.
 * @module
 */
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ComputeError } from '../../../errors.js';

/** Global unicast (RFC 4291): what is outside of it is local, or leads to an IPv4 address. */
const PUBLIC_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** A public address at which Azure tells virtual machines about themselves. */
const METADATA = '168.63.129.16';

/** @param networks such as `10.1.0.0/16`, in which addresses are allowed that are not public. */
export function isAllowed(address: string, networks: readonly string[]): boolean {
  // An IPv4 address in IPv6 notation becomes what it is.
  const parsed = ipaddr.process(address);
  const isNamed = networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === parsed.kind() && parsed.match(base, bits);
  });
  if (isNamed) return true;
  if (parsed.range() !== 'unicast' || parsed.toString() === METADATA) return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(PUBLIC_IPV6);
}

/** Connecting to a numeric address looks nothing up. @throws ComputeError REMOTE_ADDRESS_REFUSED */
export function checkHost({ hostname }: URL, networks: readonly string[]): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(address) && !isAllowed(address, networks)) throw forbiddenAddress(address);
}

/**
 * A look-up that answers allowed addresses or fails; the connection goes to the very addresses that were looked at.
 * @param lookup of the operating system.
 */
export function guardedLookup(networks: readonly string[], lookup: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options: LookupOptions, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const forbidden = addresses?.find(({ address }) => !isAllowed(address, networks));
      // Whether the server's network knows a name is not told either.
      if (error?.code === 'ENOTFOUND') callback(forbiddenAddress(hostname) as Error, []);
      else if (error) callback(error, []);
      // The connection fails with what it is given.
      else if (forbidden) callback(forbiddenAddress(hostname) as Error, []);
      else if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

/** What a name leads to in the server's network is not told. */
function forbiddenAddress(host: string): ComputeError {
  return new ComputeError(
    'REMOTE_ADDRESS_REFUSED',
    `${host} is no public address. Endpoints in other networks must be allowed by the server's configuration (GAUNTLET_REMOTE_MODEL_NETWORKS).`,
    ['endpoint', 'url'],
  );
}
