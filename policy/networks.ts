/** How much of the address space a list of networks covers. */

/**
 * The larger of the shares of all IPv4 and of all IPv6 addresses, in percent. Overlaps count once, so that a list cannot hide
 * the whole behind its parts, such as two halves. What is no address or network is left out: the provider refuses it.
 */
export function coveredPercent(networks: readonly string[]): number {
  const v4: [bigint, bigint][] = [];
  const v6: [bigint, bigint][] = [];
  for (const network of networks) {
    const [address = "", prefix] = network.trim().split("/");
    const bits = address.includes(":") ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d+$/.test(prefix) ? Number(prefix) : -1;
    const start = bits === 32 ? parseV4(address) : parseV6(address);
    if (start === undefined || length < 0 || length > bits) continue;
    const size = 1n << BigInt(bits - length);
    const first = start - (start % size);
    // ::ffff:a.b.c.d is the IPv4 address a.b.c.d.
    if (bits === 128 && length >= 96 && first >> 32n === 0xffffn)
      v4.push([first & 0xffffffffn, (first & 0xffffffffn) + size]);
    else (bits === 32 ? v4 : v6).push([first, first + size]);
  }
  return Math.max(percent(v4, 32), percent(v6, 128));
}

/** Exact to a millionth of a percent. */
const percent = (ranges: [bigint, bigint][], bits: number): number =>
  Number((covered(ranges) * 100_000_000n) >> BigInt(bits)) / 1_000_000;

function covered(ranges: [bigint, bigint][]): bigint {
  let sum = 0n;
  let at = 0n;
  for (const [start, end] of ranges.sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    const from = start > at ? start : at;
    if (end > from) {
      sum += end - from;
      at = end;
    }
  }
  return sum;
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const last = parseV4(dotted[2]!);
    return last === undefined
      ? undefined
      : parseV6(`${dotted[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`);
  }
  const [head = "", tail] = text.split("::");
  const groups = (part: string | undefined): string[] => (part ? part.split(":") : []);
  const front = groups(head);
  const back = groups(tail);
  const fill = tail === undefined ? 0 : 8 - front.length - back.length;
  const all = [...front, ...Array<string>(Math.max(0, fill)).fill("0"), ...back];
  if (all.length !== 8 || all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
