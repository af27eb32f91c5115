import {
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Spoils } from '../behaviour.js';

/** Why a file command fails: the number in `+CME ERROR: n`. */
export class FileError extends Error {
  constructor(readonly code: number) {
    super(`file error ${code}`);
  }
}

export type Storage = 'UFS' | 'SD';

export interface FileName {
  readonly storage: Storage;
  readonly name: string;
}

/** The longest name: what `/data/ufs/` leaves of 128 bytes, and some more, so that the limit of QFOTADL can be met with a file. */
const LONGEST_NAME = 120;
const PARTIAL = '%partial';
/** The package a download leaves: not listed, but it takes its room. */
const DOWNLOAD = '%download';
/** What was lost in mid-write: not listed, and never given back. */
const LOST = '%lost';
/** Bytes that are left free beside it. */
const LEFT_FREE = 4096;

/** UFS and the SD card: plain files under the module's directory. Names are bytes, kept as Latin-1 and escaped on disk. */
export class FileStore {
  /** `sdSize` 0: there is no card. */
  constructor(
    private readonly dir: string,
    private readonly ufsSize: number,
    private readonly sdSize: number,
  ) {
    for (const storage of ['UFS', 'SD'] as const) {
      mkdirSync(this.folder(storage), { recursive: true });
      // What was being written when the module last lost its power is not a file.
      rmSync(join(this.folder(storage), PARTIAL), { force: true });
    }
  }

  /** `name`, `UFS:name` or `SD:name`. */
  static parse(text: string): FileName {
    const found = /^(?:(UFS|SD):)?(.*)$/s.exec(text);
    const name = found?.[2] ?? '';
    if (
      name === '' ||
      name.length > LONGEST_NAME ||
      escape(name).length > 240 ||
      /[/\0\r\n"]/.test(name) ||
      name === '.' ||
      name === '..'
    )
      throw new FileError(406);
    return { storage: found?.[1] === 'SD' ? 'SD' : 'UFS', name };
  }

  hasCard(): boolean {
    return this.sdSize > 0;
  }

  total(storage: Storage): number {
    return storage === 'UFS' ? this.ufsSize : this.sdSize;
  }

  free(storage: Storage): number {
    this.need(storage, 419);
    const used = readdirSync(this.folder(storage)).reduce(
      (sum, file) => sum + statSync(join(this.folder(storage), file)).size,
      0,
    );
    return Math.max(0, this.total(storage) - used);
  }

  list(storage: Storage): { name: string; size: number }[] {
    this.need(storage, 417);
    return readdirSync(this.folder(storage))
      .filter((file) => !file.startsWith('%'))
      .sort()
      .map((file) => ({ name: unescape(file), size: statSync(join(this.folder(storage), file)).size }));
  }

  size(file: FileName): number | undefined {
    if (file.storage === 'SD' && !this.hasCard()) return undefined;
    return statSync(this.path(file), { throwIfNoEntry: false })?.size;
  }

  read(file: FileName): Buffer {
    if (this.size(file) === undefined) throw new FileError(405);
    return readFileSync(this.path(file));
  }

  remove(file: FileName): void {
    this.need(file.storage, 418);
    if (this.size(file) === undefined) throw new FileError(405);
    rmSync(this.path(file));
  }

  removeAll(storage: Storage): void {
    this.need(storage, 418);
    for (const { name } of this.list(storage)) rmSync(this.path({ storage, name }), { force: true });
  }

  /** Room for a new file of this size, or the error that says why not. */
  create(file: FileName, size: number): FileWriter {
    this.need(file.storage, 409);
    if (this.size(file) !== undefined) throw new FileError(407);
    if (size > this.total(file.storage)) throw new FileError(423);
    if (size > this.free(file.storage)) throw new FileError(420);
    return new FileWriter(join(this.folder(file.storage), PARTIAL), this.path(file));
  }

  /** Where a downloaded package goes. */
  createDownload(): FileWriter {
    this.dropDownload();
    return new FileWriter(join(this.folder('UFS'), PARTIAL), join(this.folder('UFS'), DOWNLOAD));
  }

  /** What a source of an upgrade holds: a local one, or `download`. */
  package(source: string): Buffer | undefined {
    if (source === 'download') return this.download();
    const file = fileAt(source);
    return this.size(file) === undefined ? undefined : this.read(file);
  }

  private download(): Buffer | undefined {
    const path = join(this.folder('UFS'), DOWNLOAD);
    return statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(path);
  }

  dropDownload(): void {
    rmSync(join(this.folder('UFS'), DOWNLOAD), { force: true });
  }

  /** All files of the module's own memory gone; a card stays. */
  wipe(): void {
    for (const file of readdirSync(this.folder('UFS'))) rmSync(join(this.folder('UFS'), file), { force: true });
  }

  wipeCard(): void {
    for (const file of readdirSync(this.folder('SD'))) rmSync(join(this.folder('SD'), file), { force: true });
  }

  /** Nearly all that is free is taken by nothing that can be seen. */
  loseRoom(): void {
    writeFileSync(join(this.folder('UFS'), LOST), Buffer.alloc(Math.max(0, this.free('UFS') - LEFT_FREE)));
  }

  /** So much of what is free is taken for good, by nothing that can be seen. */
  takeRoom(bytes: number): void {
    let number = 1;
    while (this.exists(`${LOST}-${number}`)) number++;
    writeFileSync(join(this.folder('UFS'), `${LOST}-${number}`), Buffer.alloc(Math.min(bytes, this.free('UFS'))));
  }

  private exists(file: string): boolean {
    return statSync(join(this.folder('UFS'), file), { throwIfNoEntry: false }) !== undefined;
  }

  /** One byte in the middle of the first file changes. */
  damageOne(): void {
    const first = this.list('UFS').find(({ size }) => size > 0);
    if (first === undefined) return;
    const path = this.path({ storage: 'UFS', name: first.name });
    const content = readFileSync(path);
    content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 0x20;
    writeFileSync(path, content);
  }

  private need(storage: Storage, code: number): void {
    if (storage === 'SD' && !this.hasCard()) throw new FileError(code);
  }

  private folder(storage: Storage): string {
    return join(this.dir, storage === 'UFS' ? 'ufs' : 'sd');
  }

  private path({ storage, name }: FileName): string {
    return join(this.folder(storage), escape(name));
  }
}

/** The file behind a local source of `AT+QFOTADL`. */
function fileAt(source: string): FileName {
  return { storage: source.startsWith('/media/card/') ? 'SD' : 'UFS', name: source.slice(source.lastIndexOf('/') + 1) };
}

/** What a deviation may do to the files after an upgrade from `source`. */
export function spoilsOf(files: FileStore, source: string): Spoils {
  return {
    wipe: () => files.wipe(),
    wipeCard: () => files.wipeCard(),
    damageOne: () => files.damageOne(),
    dropPackage: () => {
      const file = fileAt(source);
      if (source === 'download') files.dropDownload();
      else if (files.size(file) !== undefined) files.remove(file);
    },
    loseRoom: () => files.loseRoom(),
    takeRoom: (bytes) => files.takeRoom(bytes),
  };
}

/** A file being written: it has its name only once it is complete. */
export class FileWriter {
  private readonly fd: number;
  private open = true;

  constructor(
    private readonly partial: string,
    private readonly path: string,
  ) {
    this.fd = openSync(partial, 'w');
  }

  write(data: Uint8Array): void {
    writeSync(this.fd, data);
  }

  keep(): void {
    this.close();
    renameSync(this.partial, this.path);
  }

  drop(): void {
    if (!this.open) return;
    this.close();
    rmSync(this.partial, { force: true });
  }

  private close(): void {
    this.open = false;
    closeSync(this.fd);
  }
}

/** Names on disk hold letters, digits and a few marks; every other byte as `=XX`. Never starts with `%`. */
function escape(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]|^\./g, (c) => `=${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function unescape(file: string): string {
  return file.replace(/=([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
