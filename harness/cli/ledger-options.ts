import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Argv } from 'yargs';
import { messageOf, UserError } from '../base/errors.js';

export interface LedgerArguments {
  readonly ledger: string | undefined;
}

export function withLedger<T>(yargs: Argv<T>): Argv<T & LedgerArguments> {
  return yargs.option('ledger', {
    type: 'string',
    describe: 'The ledger’s file; default DFOTA_LEDGER, else ledger.sqlite in the state folder',
  });
}

/** A package given by its file, or by the beginning of its digest. */
export function digestOf(wanted: string): string {
  if (existsSync(wanted) && statSync(wanted).isFile()) {
    try {
      return createHash('sha256').update(readFileSync(wanted)).digest('hex');
    } catch (error) {
      throw new UserError('the package cannot be read', { place: { file: wanted }, seen: messageOf(error) });
    }
  }
  if (/^[0-9a-f]{1,64}$/i.test(wanted)) return wanted.toLowerCase();
  throw new UserError('no such package', {
    asked: `--package ${wanted}`,
    hint: 'give its file, or the beginning of its SHA-256',
  });
}
