import { messageOf, UserError } from '../base/errors.js';
import { openJournal, type Journal, type JournalOptions } from '../journal/journal.js';

/** The journal that `--journal` names. Throws a UserError where it cannot be written. */
export function namedJournal(file: string, options: JournalOptions): Journal {
  try {
    return openJournal(file, options);
  } catch (error) {
    throw new UserError('the journal cannot be written', {
      place: { file },
      seen: messageOf(error),
      hint: 'name another file by --journal',
    });
  }
}
