import type { Answer } from '../at/types.js';
import { RigFault, type Explanation } from '../base/errors.js';
import { answerText } from './answers.js';

/** The vendor's file errors (FILE application note, 400–426). */
const fileErrors: Readonly<Record<string, string>> = {
  400: 'invalid input value',
  401: 'larger than the file',
  402: 'read zero bytes',
  403: 'drive full',
  405: 'file not found',
  406: 'invalid file name',
  407: 'file exists already',
  409: 'cannot write the file',
  410: 'cannot open the file',
  411: 'cannot read the file',
  413: 'too many open files',
  414: 'file is read-only',
  416: 'invalid file descriptor',
  417: 'cannot list files',
  418: 'cannot delete the file',
  419: 'cannot get disk information',
  420: 'no space left',
  421: 'time out',
  423: 'file too large',
  425: 'invalid parameter',
  426: 'file is open already',
};

/** `+CME ERROR: 407 (file exists already)`. */
export function fileErrorText(answer: Answer): string {
  const name = answer.code === undefined ? undefined : fileErrors[answer.code.trim()];
  return name === undefined ? answerText(answer) : `${answerText(answer)} (${name})`;
}

/** A file could not be put on the module, or taken off it: what depends on it cannot be judged. */
export class FileFault extends RigFault {
  constructor(
    message: string,
    explanation: Explanation,
    /** `no-room`, `no-card`, `bad-name`: what a caller may want to tell apart. */
    readonly kind: 'no-room' | 'no-card' | 'bad-name' | 'damaged' | 'other',
  ) {
    super(message, explanation);
  }
}

export function kindOf(answer: Answer): FileFault['kind'] {
  switch (answer.code?.trim()) {
    case '403':
    case '420':
    case '423':
      return 'no-room';
    case '406':
      return 'bad-name';
    default:
      return 'other';
  }
}
