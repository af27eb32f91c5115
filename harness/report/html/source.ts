import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasCode, messageOf, UserError } from '../../base/errors.js';
import type { JournalEvent } from '../../journal/events.js';
import { JournalStream, type Unreadable } from '../../journal/reader.js';
import { readTerminalLog } from '../../verdict/log/read-log.js';

/** A file of evidence, to be gone through once from its beginning to its end. */
export interface EvidenceSource {
  readonly kind: 'journal' | 'terminal log';
  readonly file: string;
  /** Every report has a time; without them `t` is the number of a log's line. */
  readonly timed: boolean;
  events(): Iterable<JournalEvent>;
  /** To be asked when all events have been taken. */
  readonly unreadable: readonly Unreadable[];
  readonly cutOff: boolean;
}

/** A terminal log is read whole; the largest ones are a few megabytes. */
const largestLog = 256 * 1024 * 1024;

/** Opens a journal, or the plain log of a terminal program. A journal is never held in memory as a whole: it may be larger than that. */
export function openEvidence(file: string): EvidenceSource {
  const start = read(file, (descriptor) => {
    const buffer = Buffer.alloc(65_536);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0));
  });
  if (isBinary(start)) {
    throw new UserError('this is neither a journal nor a log, but a binary file', {
      place: { file },
      hint: 'dfota package looks into delta packages',
    });
  }
  return looksLikeJournal(start.toString('utf8')) ? new JournalSource(file) : logSource(file);
}

class JournalSource implements EvidenceSource {
  readonly kind = 'journal';
  readonly timed = true;
  readonly file: string;
  readonly #stream: JournalStream;

  constructor(path: string) {
    this.file = basename(path);
    this.#stream = new JournalStream(path);
  }

  get unreadable(): readonly Unreadable[] {
    return this.#stream.unreadable;
  }

  get cutOff(): boolean {
    return this.#stream.cutOff;
  }

  events(): Iterable<JournalEvent> {
    return this.#stream.events();
  }
}

function logSource(file: string): EvidenceSource {
  const bytes = read(file, (descriptor) => {
    const { size } = fstatSync(descriptor);
    if (size > largestLog)
      throw new UserError('this log is too large to be read', { place: { file }, seen: `${String(size)} bytes` });
    const buffer = Buffer.alloc(size);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, size, 0));
  });
  const log = readTerminalLog(decoded(bytes));
  return {
    kind: 'terminal log',
    file: basename(file),
    timed: log.timed,
    events: () => log.events,
    unreadable: log.notUnderstood.map(({ line, text }) => ({ line, text, why: 'not understood' })),
    cutOff: false,
  };
}

/** A raw capture may hold junk bytes of the line. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

/** A journal's first whole line is an event, or at least begins as one does. */
function looksLikeJournal(text: string): boolean {
  return /^\s*\{\s*"(?:n|t|at|rig|type)"\s*:/.test(text.replace(/^\ufeff/, ''));
}

/** Known beginnings of binary files, or more control bytes than a capture of a noisy line has. */
function isBinary(start: Buffer): boolean {
  const magic = start.subarray(0, 4).toString('latin1');
  if (magic.startsWith('PK\x03\x04') || magic === '\x7fELF' || magic.startsWith('\x1f\x8b')) return true;
  let control = 0;
  for (const byte of start) if (byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32) || byte === 127) control += 1;
  return control > start.length * 0.1 && control > 16;
}

/** The journal of a run's folder, or the file itself. */
export function evidenceIn(path: string): string {
  return isFolder(path) ? join(path, 'journal.jsonl') : path;
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function read<T>(file: string, use: (descriptor: number) => T): T {
  const descriptor = open(file);
  try {
    return use(descriptor);
  } catch (error) {
    if (hasCode(error, 'EISDIR')) throw new UserError('this is a folder without a journal', { place: { file } });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR'))
      throw new UserError('no such file', { place: { file }, hint: 'a run leaves its journal in reports/<run>/journal.jsonl' });
    throw new UserError('the file cannot be read', { place: { file }, seen: messageOf(error), cause: error });
  }
}
