/** Seeded randomness: the same seed and label give the same choices on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** `length` characters of a–z and 0–9, the first a letter. */
  word(length: number): string;
  bytes(length: number): Buffer;
}

/** A generator of its own for each purpose (`label`), so that one more draw here changes nothing there. */
export function seeded(seed: number, label = ''): Random {
  // Hash of the label (FNV-1a), then mulberry32.
  let state = 0x811c9dc5;
  for (const character of `${String(seed)}/${label}`) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  return {
    next,
    int,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new RangeError('nothing to pick from');
      return from[int(0, from.length - 1)] as T;
    },
    word: (length) =>
      Array.from({ length }, (_, index) => (index === 0 ? letters[int(0, 25)] : `${letters}0123456789`[int(0, 35)])).join(''),
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(0, 255))),
  };
}
