/**
 * The module's file checksum: XOR of the big-endian 16-bit words, an odd last byte in the high half; lower-case hex without leading
 * zeros. Swapped words go unnoticed, so the size is checked as well.
 */
export function checksum(data: Buffer): string {
  let sum = 0;
  const even = data.length & ~1;
  for (let at = 0; at < even; at += 2) sum ^= data.readUInt16BE(at);
  if (even < data.length) sum ^= data.readUInt8(even) << 8;
  return sum.toString(16);
}

/** Compares as numbers: firmware that pads with zeros or writes upper case means the same. */
export function sameChecksum(one: string, other: string): boolean {
  return /^[0-9a-f]{1,8}$/i.test(one) && Number.parseInt(one, 16) === Number.parseInt(other, 16);
}
