import type { Answer, AtPort } from '../at/types.js';
import { UserError } from '../base/errors.js';
import type { FileList } from '../journal/events.js';
import { fields, split } from './answers.js';
import { checksum, sameChecksum } from './checksum.js';
import { FileFault, fileErrorText, kindOf } from './file-fault.js';
import type { Ports } from './ports.js';
import type { Timing } from './timing.js';

export type Storage = 'ufs' | 'sd';
type StoredFile = NonNullable<FileList['ufs']>[number];

/** Contents of files up to this size are read back and summed: enough for settings, and a second at most on a UART. */
const readBackLimit = 8 * 1024;

/** Seconds that the module waits for bytes in mid-upload before it gives up (421). */
const uploadPatience = 60;

export interface FilesOptions {
  readonly ports: Ports;
  readonly timing: Timing;
  /** The rig has an SD card. */
  readonly sd: boolean;
  /** Bits per second on a UART; the AT port over USB is faster. */
  readonly baudRate: number;
}

/** The module's two file systems. Reading never throws for what the module says; writing throws a FileFault. */
export class ModuleFiles {
  #readsBack = true;
  readonly #uploads = new Map<string, { readonly storage: Storage; readonly name: string }>();

  constructor(private readonly options: FilesOptions) {}

  /**
   * What lies on UFS and SD. A storage that the rig or the module lacks is left out. With `contents`, small files are read back for
   * their checksum, except those named in `without`.
   */
  async list(contents?: { readonly without: readonly string[] }): Promise<FileList> {
    const result: FileList = {};
    const ufs = await this.#listOne('ufs', contents);
    if (ufs !== undefined) result.ufs = ufs;
    const ufsFree = await this.free('ufs');
    if (ufsFree !== undefined) result.ufsFree = ufsFree;
    const sdFree = this.options.sd ? await this.free('sd') : undefined;
    if (sdFree !== undefined) {
      result.sdFree = sdFree;
      const sd = await this.#listOne('sd', contents);
      if (sd !== undefined) result.sd = sd;
    }
    return result;
  }

  /** Everything that was put there, or begun to be, and not taken off again by us. The module may have deleted it since. */
  get uploads(): readonly { readonly storage: Storage; readonly name: string }[] {
    return [...this.#uploads.values()];
  }

  /** Free bytes; undefined when there is no such storage (no card) or the module does not say. */
  async free(storage: Storage): Promise<number | undefined> {
    const answer = await this.#ask(`AT+QFLDS="${storage.toUpperCase()}"`);
    const free = answer.ok ? fields(answer, '+QFLDS')?.[0] : undefined;
    return free !== undefined && /^\d+$/.test(free) ? Number(free) : undefined;
  }

  async has(storage: Storage, name: string): Promise<boolean> {
    return (await this.#sizeOf(storage, name)) !== undefined;
  }

  /** Deletes a file; one that is not there is as good as deleted. */
  async remove(storage: Storage, name: string): Promise<void> {
    const answer = await this.#ask(`AT+QFDEL="${place(storage, name)}"`);
    const gone = answer.ok || answer.code?.trim() === '405' || (answer.result === 'ERROR' && !(await this.has(storage, name)));
    if (gone) {
      this.#uploads.delete(place(storage, name));
      return;
    }
    throw new FileFault(`${describe(storage, name)} could not be deleted`, deletionHint(name, answer), kindOf(answer));
  }

  /** Puts a file there, replacing one of that name, and checks size and checksum by the module's own word. */
  async upload(storage: Storage, name: string, data: Buffer, ackMode = false): Promise<void> {
    checkName(name);
    await this.#makeRoom(storage, name, data.length);
    this.#uploads.set(place(storage, name), { storage, name });
    const command = `AT+QFUPL="${place(storage, name)}",${String(data.length)},${String(uploadPatience)},${ackMode ? '1' : '0'}`;
    const answer = await this.#port(storage, name).upload(command, data, {
      deadline: this.#uploadDeadline(data.length),
      ackMode,
    });
    if (!answer.ok) {
      throw new FileFault(
        `${describe(storage, name)} could not be uploaded`,
        { asked: command, seen: fileErrorText(answer), hint: 'look at free space (AT+QFLDS) and the line in the journal' },
        kindOf(answer),
      );
    }
    await this.#verify(storage, name, data, answer);
  }

  async #verify(storage: Storage, name: string, data: Buffer, answer: Answer): Promise<void> {
    const [size, sum] = fields(answer, '+QFUPL') ?? [];
    const expected = checksum(data);
    const listed = await this.#sizeOf(storage, name);
    if (size === String(data.length) && sum !== undefined && sameChecksum(sum, expected) && listed === data.length) return;
    throw new FileFault(
      `${describe(storage, name)} did not arrive as it was sent`,
      {
        asked: `${String(data.length)} bytes, checksum ${expected}`,
        seen: `+QFUPL: ${size ?? '?'},${sum ?? '?'}; listed with ${listed === undefined ? 'nothing' : `${String(listed)} bytes`}`,
        hint: 'bytes are lost or changed on the line: try flow control, a lower baud rate or ack mode',
      },
      'damaged',
    );
  }

  async #makeRoom(storage: Storage, name: string, size: number): Promise<void> {
    if ((await this.#sizeOf(storage, name)) !== undefined) await this.remove(storage, name);
    const free = await this.free(storage);
    if (free === undefined && storage === 'sd') {
      throw new FileFault(
        'the module has no SD card',
        {
          asked: 'AT+QFLDS="SD"',
          seen: 'no free space told',
          hint: 'put a card in, or say delivery.sd: false in the rig definition',
        },
        'no-card',
      );
    }
    if (free !== undefined && free < size) {
      throw new FileFault(
        `no room for ${describe(storage, name)}`,
        {
          asked: `${String(size)} bytes`,
          seen: `${String(free)} bytes free on ${storage.toUpperCase()}`,
          hint: 'delete files (AT+QFLST="*", AT+QFDEL)',
        },
        'no-room',
      );
    }
  }

  #port(storage: Storage, name: string): AtPort {
    const port = this.options.ports.connected;
    if (port !== undefined) return port;
    throw new FileFault(
      `${describe(storage, name)} could not be uploaded`,
      { seen: 'no line to the module is open', hint: 'is the module on, and are its ports there?' },
      'other',
    );
  }

  /** Twice the time that a UART needs, and as long as a silent module is waited for elsewhere. */
  #uploadDeadline(size: number): number {
    return this.options.timing.slowCommand * 2 + (size * 10 * 1000 * 2) / this.options.baudRate;
  }

  async #sizeOf(storage: Storage, name: string): Promise<number | undefined> {
    return (await this.#listOne(storage))?.find((file) => file.name === name)?.size;
  }

  async #listOne(storage: Storage, contents?: { readonly without: readonly string[] }): Promise<StoredFile[] | undefined> {
    const answer = await this.#ask(storage === 'ufs' ? 'AT+QFLST="*"' : 'AT+QFLST="SD:*"');
    // An empty storage has no file to be found.
    if (!answer.ok) return answer.code?.trim() === '405' ? [] : undefined;
    const files: StoredFile[] = [];
    for (const line of answer.lines) {
      const file = readListed(line, storage);
      if (file !== undefined) files.push(file);
    }
    if (contents !== undefined) await this.#sumUp(storage, files, contents.without);
    return files;
  }

  async #sumUp(storage: Storage, files: StoredFile[], without: readonly string[]): Promise<void> {
    for (const file of files) {
      const port = this.options.ports.connected;
      if (!this.#readsBack || port === undefined) return;
      if (file.size === 0 || file.size > readBackLimit || without.includes(file.name)) continue;
      const answer = await port.download(`AT+QFDWL="${place(storage, file.name)}"`, {
        deadline: this.options.timing.slowCommand,
      });
      if (answer.ok && answer.data.length === file.size) file.checksum = checksum(answer.data);
      // A firmware that does not do it once will not do it later.
      else if (answer.result !== 'lost') this.#readsBack = false;
    }
  }

  #ask(text: string): Promise<Answer> {
    return this.options.ports.command(text, this.options.timing.command);
  }
}

/** `+QFLST: "UFS:name",size`; older firmware leaves the storage out. */
function readListed(line: string, storage: Storage): StoredFile | undefined {
  const [path, size] = split(/^\s*\+QFLST:(.*)$/.exec(line)?.[1] ?? '');
  if (path === undefined || size === undefined || !/^\d{1,15}$/.test(size)) return undefined;
  const [, prefix, name] = /^(?:(UFS|SD|RAM):)?(.+)$/i.exec(path) ?? [];
  if (name === undefined || (prefix !== undefined && prefix.toLowerCase() !== storage)) return undefined;
  return { name, size: Number(size) };
}

/** UFS is what a bare name means. */
function place(storage: Storage, name: string): string {
  return storage === 'sd' ? `SD:${name}` : name;
}

function describe(storage: Storage, name: string): string {
  return `${storage.toUpperCase()} file ${name}`;
}

function deletionHint(name: string, answer: Answer): { asked: string; seen: string; hint: string } {
  return {
    asked: `AT+QFDEL="${name}"`,
    seen: fileErrorText(answer),
    hint: 'a file that the module itself holds open cannot be deleted',
  };
}

/** What would break out of the command; everything else, its length too, is for the module to accept or refuse (406). */
function checkName(name: string): void {
  if (name !== '' && !/["\u0000-\u001f\u007f]/.test(name)) return;
  throw new UserError('this cannot be a file name on a module', {
    seen: JSON.stringify(name),
    hint: 'a name has at least one character, no quotes and no control characters',
  });
}
