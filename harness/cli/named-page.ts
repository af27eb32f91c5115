import { writeFileSync } from 'node:fs';
import { messageOf, UserError } from '../base/errors.js';

/** Writes the page that `--html` names. Throws a UserError where it cannot be written. */
export function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new UserError('the page cannot be written', {
      place: { file },
      seen: messageOf(error),
      hint: 'name another file by --html',
    });
  }
}
