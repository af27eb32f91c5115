/** A run's share of the tests, when several runs share them out: by what a test is called, so that each is in exactly one share wherever it runs. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../base/errors.js';

export const shard = z.object({ index: z.int().min(1), of: z.int().min(1) });
/** The `index`-th of so many shares, from 1. */
export type Shard = z.output<typeof shard>;

export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const parsed = shard.safeParse({ index: Number(index), of: Number(of) });
  if (parsed.success && parsed.data.index <= parsed.data.of) return parsed.data;
  throw new UserError('--shard takes i/n, with i from 1 to n', { seen: text, hint: 'for example --shard 2/3' });
}

/** Why the test is left out here; undefined when it is ours. `needs` tells tests of one title apart that are about different sources. */
export function leftToOthers(own: Shard | undefined, title: string, needs: readonly string[]): string | undefined {
  if (own === undefined) return undefined;
  const digest = createHash('sha256')
    .update(JSON.stringify([title, needs]))
    .digest();
  const share = (digest.readUInt32BE(0) % own.of) + 1;
  return share === own.index ? undefined : `left to shard ${String(share)} of ${String(own.of)}`;
}
